#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "gateway/base/time.h"

namespace entitysync::fetch_grpc {

// One FetchEntities call carries at most so many items.
inline constexpr size_t kMaxBatchItems = 100;

// TLS towards an application. All files are PEM and read once, when the target is created.
struct TlsOptions {
  bool enabled = false;
  std::string ca_file;    // Who may have signed the application's certificate. Empty: the system's.
  std::string cert_file;  // With key_file: what the gateway shows. Empty: nothing.
  std::string key_file;   // Goes with cert_file.
  std::string server_name;  // The name expected in the certificate. Empty: the host in the address.
};

// One application.
struct GrpcTargetOptions {
  std::string name;  // As in the configuration; stands in errors and log lines.

  // One gRPC target of any kind ("dns:///app:9000", "ipv4:10.0.0.1:9000,10.0.0.2:9000",
  // "unix:/run/app.sock"), or 1 to 64 "host:port" (names, IPv4 and [IPv6] literals may be mixed).
  std::vector<std::string> addresses;

  std::string bearer_key;  // Secret; sent as `authorization: Bearer <key>`. Empty: nothing is sent.
  TlsOptions tls;
  base::Duration fetch_timeout = std::chrono::seconds(5);    // Per call for states.
  base::Duration message_timeout = std::chrono::seconds(5);  // Per HandleMessage call.
  // For how long it is asked no more in one call than it has shown to take.
  base::Duration batch_pause = std::chrono::minutes(1);
  size_t max_receive_bytes = 16 * 1024 * 1024;  // One answer on the wire.
  size_t max_rows = 1'000;                      // Rows, or replies, of one answer.
  size_t max_state_bytes = 1024 * 1024;         // Their bytes in all.
};

}  // namespace entitysync::fetch_grpc
