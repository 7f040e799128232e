#pragma once

#include <cstdint>

namespace entitysync::ws {

// How many TCP segments with data the kernel received on `socket`. In a file of its own, because
// the kernel's tcp_info (the C library's is too old) does not go together with Asio's headers.
uint32_t SegmentsReceived(int socket);

}  // namespace entitysync::ws
