#pragma once

#include <cstdint>

namespace entitysync::bench {

// What goes over the floor program's control connection, numbers as this machine has them.
//
// A publisher sends a count (1 to kMaxFloorKeys) and so many keys, each uint32_t: the floor program
// sends each key's state to all who watch it. There is no answer. A count of 0 is a question, and
// FloorReport the answer.
inline constexpr uint32_t kMaxFloorKeys = 65'536;

struct FloorReport {
  uint64_t subscriptions = 0;
  uint64_t connections = 0;
  uint64_t sent = 0;     // Frames.
  uint64_t dropped = 0;  // Frames that no room was left for in the kernel: nothing is queued.
};

}  // namespace entitysync::bench
