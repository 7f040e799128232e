#pragma once

#include <cstddef>

#include "gateway/ws/output_queue.h"

namespace entitysync::ws {

// What one attempt to write an OutputQueue out did.
struct WriteResult {
  size_t bytes = 0;  // In the kernel now.
  OutputQueue::Completed completed;
  bool failed = false;  // The socket is broken.
};

}  // namespace entitysync::ws
