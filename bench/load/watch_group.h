#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bench/lib/tls.h"
#include "bench/lib/watch_plan.h"
#include "bench/load/dialect.h"

namespace entitysync::bench {

enum class SecretKind { kShared, kOwn, kNone };

// What the connections of one `connect` have in common.
struct WatchGroup {
  WatchPlan plan;
  std::vector<sockaddr_in> targets;  // Connection i goes to target i % size.
  std::string path;
  uint32_t source_addresses = 1;  // Of 127.0.0.2 on; 0: the system chooses.
  SecretKind secret = SecretKind::kShared;
  const Dialect* dialect = nullptr;  // Never null.
  uint32_t at_once = 256;            // Handshakes in flight, per thread.
  double rate = 0;                   // Connections begun per second, per thread; 0: no limit.
  int receive_buffer = 0;            // SO_RCVBUF; 0: the system's.
  int64_t timeout_ns = 0;            // For all of them to be open.
  const TlsContext* tls = nullptr;   // Null: without.
  bool deflate = false;              // Offers permessage-deflate without context takeover.
  uint32_t process = 0;              // Makes secrets differ between processes.
};

}  // namespace entitysync::bench
