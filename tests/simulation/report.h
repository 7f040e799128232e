#pragma once

#include <prometheus/registry.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "gateway/metrics/metrics.h"
#include "tests/simulation/cluster.h"

namespace entitysync::simulation {

// What many seeds came to: how far they went, and how often each mechanism was met, so that one
// sees that the simulation reaches what it is there for.
class Report {
 public:
  metrics::Metrics& metrics() { return metrics_; }
  void Add(uint64_t seed, const Outcome& outcome);
  void Print(std::chrono::duration<double> took) const;

 private:
  prometheus::Registry registry_;
  metrics::Metrics metrics_{registry_};
  uint64_t seeds_ = 0;
  size_t changes_ = 0;
  uint64_t slowest_seed_ = 0;
  base::Duration slowest_{};
};

// The last lines of a story.
void PrintEnd(const std::string& story, int lines);
void PrintVerdict(uint64_t seed, const Outcome& outcome);

}  // namespace entitysync::simulation
