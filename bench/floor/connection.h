#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/lib/frame_stream.h"
#include "bench/lib/stream.h"

namespace entitysync::bench {

// A websocket client of the floor program, or one that is still shaking hands.
struct FloorConnection {
  Stream socket;
  bool is_open = false;  // The handshake is done.
  std::string head;      // The request, until it is complete.
  FrameStream frames;
  std::vector<uint32_t> keys;
};

}  // namespace entitysync::bench
