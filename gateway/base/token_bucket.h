#pragma once

#include <algorithm>
#include <cstdint>

#include "gateway/base/time.h"

namespace entitysync::base {

// Lets through `rate` events a second on average and `burst` at once. Owned by one loop; time comes
// from outside. A rate of 0 lets everything through.
class TokenBucket {
 public:
  TokenBucket(uint32_t rate, uint32_t burst, TimePoint now)
      : rate_(rate), burst_(burst), tokens_(burst), refilled_(now) {}

  // Takes `tokens` (at most the burst); false, and takes none, if there are fewer.
  bool Take(TimePoint now, uint32_t tokens = 1) {
    if (rate_ == 0) return true;
    const std::chrono::duration<double> passed = now - refilled_;
    refilled_ = now;
    tokens_ = std::min<double>(burst_, tokens_ + passed.count() * rate_);
    const uint32_t wanted = std::min(tokens, burst_);
    if (tokens_ < wanted) return false;
    tokens_ -= wanted;
    return true;
  }

 private:
  uint32_t rate_;
  uint32_t burst_;
  double tokens_;
  TimePoint refilled_;
};

}  // namespace entitysync::base
