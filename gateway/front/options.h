#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "gateway/base/time.h"

namespace entitysync::front {

// TLS towards applications. All files are PEM and read once, at Start.
struct FrontTls {
  std::string cert_file;       // The chain. Set with key_file: TLS is on.
  std::string key_file;        // Goes with cert_file.
  std::string client_ca_file;  // Set: callers must show a certificate of this authority.
};

struct FrontOptions {
  // "host:port", "[IPv6]:port" or "unix:/path". Port 0 lets the system choose.
  std::string listen = "127.0.0.1:8081";

  std::string bearer_key;  // Secret. Empty: callers need none.
  bool insecure = false;   // Allows other hosts to call without a bearer key.
  FrontTls tls;

  base::Duration notify_timeout = std::chrono::seconds(2);  // For the bus to confirm a call.
  size_t max_receive_bytes = 16 * 1024 * 1024;              // One request on the wire.
  size_t max_changes_per_call = 10'000;

  size_t max_streams = 1'000;
  size_t stream_window = 10'000;  // Changes of a stream not settled or not told; then none is read.

  // After this long (10 % more or less) a connection is told to go, so that replicas added later
  // get their share; a stream ends as old as that. Calls under way have `max_connection_age_grace`
  // to end.
  base::Duration max_connection_age = std::chrono::minutes(5);
  base::Duration max_connection_age_grace = std::chrono::seconds(30);
};

}  // namespace entitysync::front
