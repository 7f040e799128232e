#pragma once

#include <cstddef>
#include <cstdint>

#include "gateway/base/time.h"

namespace entitysync::simulation {

// What one seed simulates: sizes, limits, and which kinds of faults happen at all. Each kind is
// left out of many seeds, so that rare combinations get room (swarm testing, Groce et al. 2012).
struct Plan {
  uint64_t seed = 0;

  size_t replicas = 3;
  size_t workers = 2;  // Per replica; as many shards.
  size_t keys = 4;
  size_t secrets = 3;
  size_t clients = 6;
  size_t watches = 3;  // Keys a client watches.
  base::Duration fault_span{};
  base::Duration change_interval{};  // Mean time between changes.
  base::Duration fault_interval{};
  base::Duration client_interval{};  // Mean time between things that clients do.

  // Limits of the replicas, small enough to be met.
  size_t mailbox_changes = 100'000;
  size_t revalidations_in_flight = 64;
  size_t max_in_flight = 256;
  size_t max_queued = 10'000;
  size_t batch = 100;  // Fetches of changes and newcomers in one call.
  base::Duration batch_window = std::chrono::milliseconds(2);
  size_t revalidate_batch = 100;
  bool types_alone = false;            // Fetches of one type never share a call.
  bool compression = false;            // Clients take compressed states.
  uint32_t subscribes_per_second = 0;  // Of a worker; 0: any number.
  size_t flush_bytes = 1024;
  size_t kernel_bytes = 1024;  // Of a connection's send buffer.

  uint32_t v1_percent = 0;    // So many clients speak v1. Rows are JSON then,
  size_t row_padding = 0;     // and so much longer, so that patches are worth it.
  double max_state_rate = 0;  // The cap of the replicas; 0: none.

  base::Duration audit_period{};  // 0: none.
  bool needs_audit = false;       // Some losses nothing else can notice.
  base::Duration keep_state{};    // 0: none.

  // The application.
  bool lag = false;               // Fetches for changes read a replica that lags behind.
  bool restarts_numbers = false;  // Versions start again at times.
  bool removes = false;
  bool denies = false;
  bool bursts = false;         // Many changes at one moment.
  bool slow_key = false;       // One key takes it much longer than the others.
  bool no_batches = false;     // It answers one question per call,
  bool large_answers = false;  // or at times more than can be received in one.

  // Faults.
  bool kills = false;
  bool drains = false;
  bool breaks = false;         // Links lose the bus and know it.
  bool silent_breaks = false;  // ... and learn it late.
  bool route_cuts = false;     // Replicas do not hear each other, and nobody knows it.
  bool lossy_routes = false;
  bool brief_cuts = false;  // Neither lasts long enough for a publisher to count as silent.
  bool drops = false;       // A link throws messages away and says so.
  bool duplicates = false;
  bool refusals = false;  // Links take nothing for a while.
  bool slow_bus = false;
  bool freezes = false;        // Loops get no processor.
  bool outages = false;        // The application is away, hangs, or is slow.
  bool flakes = false;         // It fails some fetches and answers others.
  bool misconfigures = false;  // The application does not serve some calls for a while.
  bool stalls = false;         // Clients do not read.
  bool vanishes = false;       // Clients are gone without a word.
  bool leaves = false;         // Clients close and come back.
  bool secret_changes = false;
  bool unsubscribes = false;
};

Plan MakePlan(uint64_t seed);

}  // namespace entitysync::simulation
