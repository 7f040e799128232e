#pragma once

#include <ctime>

#include <cstdint>

namespace entitysync::bench {

// CLOCK_MONOTONIC in nanoseconds: the same in all processes of a machine, so that one may stamp
// what another measures.
inline int64_t MonotonicNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace entitysync::bench
