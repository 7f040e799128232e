#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bench/lib/frame_stream.h"
#include "bench/lib/stream.h"
#include "bench/load/watch_group.h"

namespace entitysync::bench {

// A websocket client. Owned by a ClientLoop and used on its thread only.
struct Connection {
  enum class State { kConnecting, kShakingHands, kOpen, kClosed };

  Stream socket;
  State state = State::kConnecting;
  // Stalled, or not up to date since: what it receives does not count as deliveries.
  bool is_set_aside = false;
  uint32_t index = 0;  // Within its group.
  const WatchGroup* group = nullptr;
  std::unique_ptr<uint64_t[]> seqs;  // What it has of each of its keys.
  bool is_compressed = false;        // permessage-deflate was agreed on.
  FrameStream frames;
  std::string head;  // The answer to the handshake, until it is complete.
  std::string out;   // What the kernel did not take yet.
  int64_t began_ns = 0;
};

}  // namespace entitysync::bench
