#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "entitysync/gateway/publish_queue.h"
#include "gateway/bus/delivery_queue.h"

namespace entitysync::bus_nats {

// How to reach the servers, and how long to wait for what. The defaults notice a dead server within
// about six seconds, and one that takes no bytes within one.
struct NatsLinkOptions {
  // nats://host:port or tls://host:port, each with user:password@ or token@ if need be. Never
  // logged. Servers that these name are found and used too.
  std::vector<std::string> urls;
  // A file with a user's JWT and seed (.creds), read at each connection; empty: none.
  std::string credentials_file;
  struct Tls {
    bool enabled = false;
    std::string ca_file;    // Empty: the system's authorities.
    std::string cert_file;  // With key_file, if the server asks for a certificate; else empty.
    std::string key_file;
  } tls;
  // Shown by the server's monitoring.
  std::string name = "entity-sync-gateway";

  std::chrono::milliseconds connect_timeout{2'000};
  std::chrono::milliseconds write_deadline{1'000};
  std::chrono::milliseconds ping_interval{2'000};
  int max_pings_out = 2;
  // Between attempts to reach a server that is away, plus up to `reconnect_jitter`.
  std::chrono::milliseconds reconnect_wait{250};
  std::chrono::milliseconds reconnect_jitter{250};
  // Between connections that cnats gives up for good (refused credentials, protocol errors).
  std::chrono::milliseconds rebuild_wait_min{250};
  std::chrono::milliseconds rebuild_wait_max{5'000};

  bus::PublishQueue::Limits publish_limits;
  bus::DeliveryLimits delivery_limits;
};

}  // namespace entitysync::bus_nats
