#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "gateway/base/time.h"

namespace entitysync::base {

// One of `parts` equal parts of a rate or burst: at least 1, but of 0 (no limit) 0.
constexpr uint32_t ShareOf(uint32_t whole, size_t parts) {
  return whole == 0 ? 0 : std::max(static_cast<uint32_t>(whole / parts), 1u);
}

// Lets through `rate` events a second on average and `burst` at once. Owned by one loop; time comes
// from outside. A rate of 0 lets everything through.
class TokenBucket {
 public:
  TokenBucket(uint32_t rate, uint32_t burst, TimePoint now)
      : rate_(rate), burst_(burst), tokens_(burst), refilled_(now) {}

  // Takes `tokens` (at most the burst); false, and takes none, if there are fewer.
  bool Take(TimePoint now, uint32_t tokens = 1) {
    if (rate_ == 0) return true;
    Refill(now);
    const uint32_t wanted = std::min(tokens, burst_);
    if (tokens_ < wanted) return false;
    tokens_ -= wanted;
    return true;
  }

  // Takes `tokens` in any case; false if some of them are owed now. Debts are paid before anything
  // is let through again, so that the average holds.
  bool TakeOnCredit(TimePoint now, uint32_t tokens) {
    if (rate_ == 0) return true;
    Refill(now);
    tokens_ -= tokens;
    return tokens_ >= 0;
  }

  // How many may go now.
  uint32_t Available(TimePoint now) {
    if (rate_ == 0) return UINT32_MAX;
    Refill(now);
    return tokens_ < 1 ? 0 : static_cast<uint32_t>(tokens_);
  }

  // How long to wait until it is worth looking again: until there are as many tokens as come in
  // kSlice, at least one and at most the burst, so that whoever waits is woken at most once a slice
  // and no token is lost meanwhile. At least a millisecond.
  Duration UntilWorthwhile(TimePoint now) {
    if (rate_ == 0) return Duration(0);
    Refill(now);
    const double slice = rate_ * std::chrono::duration<double>(kSlice).count();
    const double wanted = std::clamp<double>(slice, 1, std::max(burst_, 1u));
    const std::chrono::duration<double> wait((wanted - tokens_) / rate_);
    return std::max<Duration>(std::chrono::ceil<Duration>(wait), std::chrono::milliseconds(1));
  }

 private:
  static constexpr std::chrono::milliseconds kSlice{10};

  void Refill(TimePoint now) {
    const std::chrono::duration<double> passed = now - refilled_;
    refilled_ = now;
    tokens_ = std::min<double>(burst_, tokens_ + passed.count() * rate_);
  }

  uint32_t rate_;
  uint32_t burst_;
  double tokens_;  // Below 0: owed.
  TimePoint refilled_;
};

}  // namespace entitysync::base
