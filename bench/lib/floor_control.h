#pragma once

#include <cstdint>

namespace entitysync::bench {

// What goes over the floor program's control connection, numbers as this machine has them.
//
// A publisher sends a count (uint32_t, 1 to kMaxFloorChanges) and so many FloorChanges: the floor
// program sends each state to all who watch its key. There is no answer. A count of 0 is a
// question, and FloorReport the answer.
inline constexpr uint32_t kMaxFloorChanges = 65'536;

// A state as it was when it was notified: a floor program that lags must not send newer ones early.
struct FloorChange {
  uint64_t key = 0;
  uint64_t seq = 0;
  int64_t at_ns = 0;
};

struct FloorReport {
  uint64_t subscriptions = 0;
  uint64_t connections = 0;
  uint64_t sent = 0;     // Frames.
  uint64_t dropped = 0;  // Frames that no room was left for in the kernel: nothing is queued.
};

}  // namespace entitysync::bench
