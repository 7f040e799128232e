#pragma once

#include <algorithm>
#include <cstdint>

#include "gateway/base/random.h"
#include "gateway/base/time.h"

namespace entitysync::base {

// How long to wait before retry number `attempt` (from 0): uniform in [min, 2 * min *
// 2^attempt], capped at max ("full jitter", Brooker 2015, with a floor so that a retry is never
// immediate).
inline Duration FullJitterBackoff(Duration min, Duration max, uint32_t attempt, Random& random) {
  const uint32_t doublings = std::min<uint32_t>(attempt, 20) + 1;
  const Duration ceiling = std::min(max, min * (int64_t{1} << doublings));
  return random.Between(min, std::max(min, ceiling));
}

}  // namespace entitysync::base
