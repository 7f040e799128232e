#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gateway/base/time.h"

namespace entitysync::admin {

// Where the admin server listens and what it allows.
struct AdminOptions {
  std::string host = "127.0.0.1";  // An address literal.
  uint16_t port = 0;               // 0: the system chooses; see AdminServer::port().

  // Connections beyond this are closed at once.
  size_t max_connections = 64;
  // From the end of one answer (or the connection's beginning) to the end of the next.
  base::Duration request_timeout = std::chrono::seconds(10);
  size_t max_header_bytes = 8 * 1024;
};

// Why the gateway should get no traffic now, one sentence each; none: it is ready. Called on the
// admin thread, so it must be safe there and return soon.
using NotReadyReasons = std::function<std::vector<std::string>()>;

}  // namespace entitysync::admin
