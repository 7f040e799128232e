#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "gateway/base/time.h"

namespace entitysync::ws {

// TLS of the listener, by PEM files. Both empty: plain TCP.
struct TlsOptions {
  std::string cert_file;  // The chain, the server's own certificate first.
  std::string key_file;

  bool Enabled() const { return !cert_file.empty() || !key_file.empty(); }
};

// How a Server listens and what it lets clients do. A value, immutable once the server is open.
struct Options {
  std::string host = "0.0.0.0";           // An address literal.
  uint16_t port = 8080;                   // 0: the system chooses; Server::port() tells.
  std::string path = "/ws/entity-sync/";  // Served with and without the last slash.

  // Origins ("https://shop.example.com") whose pages may connect, besides the server's own. "*":
  // all. Requests without an Origin header do not come from browsers and are not checked.
  std::vector<std::string> allowed_origins;

  std::string credential_cookie;  // Name of a cookie that carries the secret. Empty: none.
  TlsOptions tls;
  size_t max_message_bytes = 64 * 1024;       // Of classic clients,
  size_t max_v1_message_bytes = 1024 * 1024;  // and of those of v1.
  // Messages that are not complete yet, of all connections of a worker together. Beyond it one that
  // is longer than kShortMessageBytes so far ends its connection with 1013.
  size_t max_incomplete_bytes_per_worker = 64 * 1024 * 1024;
  bool compression = false;  // Whether permessage-deflate is negotiated with clients that offer it.
  size_t send_buffer_bytes = 64 * 1024;  // SO_SNDBUF; the kernel doubles it for its bookkeeping.

  // Connections of the whole server, handshakes included. Beyond it: HTTP 503. Leave descriptors
  // for kRefusalsPerWorker more per worker, in which the refusals are spoken.
  size_t max_connections = 10'000;

  // Of those, from one IPv4 address or one IPv6 /64. Beyond it: HTTP 429. 0: no limit.
  size_t max_connections_per_address = 0;

  // New connections of the whole server: on average, and at once. Beyond it clients wait in the
  // kernel's queue. A rate of 0: no limit.
  uint32_t max_accepts_per_second = 10'000;
  uint32_t accept_burst = 10'000;
  base::Duration handshake_timeout = std::chrono::seconds(10);  // From accept to the 101 answer.
  base::Duration close_timeout = std::chrono::seconds(5);       // For a closing handshake.
  base::Duration retry_after = std::chrono::seconds(5);         // Said in a 503 or 429 answer.
};

inline constexpr size_t kShortMessageBytes = 64 * 1024;

// How many clients per worker may be told 503 or 429 at once; those beyond are cut off without a
// word.
inline constexpr size_t kRefusalsPerWorker = 64;

// The longest request head (request line and headers); beyond it: 431.
inline constexpr size_t kMaxRequestHeadBytes = 16 * 1024;

}  // namespace entitysync::ws
