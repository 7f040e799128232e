#pragma once

#include <cstddef>
#include <string>

namespace entitysync::bench {

struct FloorOptions {
  std::string listen = "127.0.0.1:0";   // For websocket clients.
  std::string control = "127.0.0.1:0";  // For publishers.
  size_t row_bytes = 128;
  int send_buffer_bytes = 64 * 1024;  // As the gateway's default.
  std::string tls_cert;               // PEM files. Both empty: clients come without TLS.
  std::string tls_key;
};

}  // namespace entitysync::bench
