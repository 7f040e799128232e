#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <span>
#include <string>

#include "bench/lib/histogram.h"

namespace entitysync::bench {

// A key that has just changed, how often it has by now, and when (or when it was due to).
struct Changed {
  uint32_t key = 0;
  uint64_t seq = 0;
  int64_t at_ns = 0;
};

struct PublisherCounts {
  uint64_t calls = 0;
  uint64_t failed = 0;
  std::string first_failure;
  Histogram answers;  // From the call to its answer.
};

// How changes are notified: to gateways, or to the floor program in their place.
//
// Owner: the load program. Threading: the thread that carries out commands.
class Publisher {
 public:
  virtual ~Publisher() = default;

  // Before a run in which `subscriptions` are to be served: waits, within bounds, until whoever is
  // notified has them all, if it can tell.
  virtual absl::Status Prepare(uint64_t subscriptions) = 0;

  // Notifies these changes in one call and does not wait for the answer.
  virtual void Notify(std::span<const Changed> changes) = 0;

  // Waits until at most `most` calls are not answered; false at the deadline.
  virtual bool WaitUnanswered(uint64_t most, int64_t deadline_ns) = 0;

  virtual PublisherCounts Counts() = 0;
  virtual void ClearCounts() = 0;
};

}  // namespace entitysync::bench
