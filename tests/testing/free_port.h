#pragma once

#include <cstdint>

namespace entitysync::testing {

// A TCP port of 127.0.0.1 on which nothing listens now. Taken from below the range from which the
// kernel gives ports to outgoing connections, so that it stays free while a server is restarted,
// and different for tests that run at the same time.
uint16_t FreePort();

}  // namespace entitysync::testing
