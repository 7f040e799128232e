#pragma once

#include <absl/status/statusor.h>

#include <boost/json/object.hpp>
#include <cstdint>
#include <vector>

#include "bench/lib/key_table.h"
#include "bench/lib/parameters.h"
#include "bench/lib/process_cost.h"
#include "bench/load/clients.h"
#include "bench/load/publisher.h"

namespace entitysync::bench {

// What all runs have in common: which keys change, and who is measured.
struct RunContext {
  KeyTable& table;
  Clients& clients;
  Publisher& publisher;
};

// What is measured between two moments: costs of processes, what the clients of this process got,
// what the publisher did.
class Measurement {
 public:
  // The publisher is null where another process publishes.
  Measurement(Clients& clients, Publisher* publisher) : clients_(clients), publisher_(publisher) {}

  absl::Status Begin(const std::vector<int64_t>& pids);

  // For the answer of a run; see Commands in commands.h.
  boost::json::object End();

 private:
  Clients& clients_;
  Publisher* const publisher_;
  ProcessCosts costs_;
  int64_t own_cpu_ns_ = 0;
  int64_t began_ns_ = 0;
};

// Each changes keys and waits for what has to arrive.
absl::StatusOr<boost::json::object> RunClosed(Parameters& parameters, RunContext context);
absl::StatusOr<boost::json::object> RunOpen(Parameters& parameters, RunContext context);

}  // namespace entitysync::bench
