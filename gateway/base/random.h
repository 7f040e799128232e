#pragma once

#include <cstdint>

#include "gateway/base/time.h"

namespace entitysync::base {

// A small seeded generator (SplitMix64, Steele et al. 2014). Given by constructor wherever chance
// plays a part, so that one seed replays a simulation exactly. Not for secrets. Owned by one loop.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  // Uniform in [0, bound); 0 for a bound of 0.
  uint64_t Below(uint64_t bound) { return bound == 0 ? 0 : Next() % bound; }

  // Uniform in [low, high].
  Duration Between(Duration low, Duration high) {
    const auto span = static_cast<uint64_t>((high - low).count());
    return low + Duration(static_cast<int64_t>(Below(span + 1)));
  }

 private:
  uint64_t state_;
};

}  // namespace entitysync::base
