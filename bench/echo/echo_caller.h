#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bench/lib/histogram.h"
#include "gateway/fetch_grpc/channels.h"

namespace entitysync::bench {

// Keeps so many calls in flight for a while, over the channel that the gateway fetches with.
//
// Owner: the echo program, for one run. Threading: Run blocks; calls end and follow each other on
// gRPC's threads. Errors: the first failed call ends the run.
class EchoCaller {
 public:
  struct Options {
    std::string target;
    size_t bytes = 128;
    uint32_t in_flight = 1;
    int64_t deadline_ms = 5'000;  // Of each call, as the gateway's; 0: none.
  };
  struct Result {
    uint64_t calls = 0;
    double seconds = 0;
    Histogram latency;
  };

  static absl::StatusOr<std::unique_ptr<EchoCaller>> Open(const Options& options);
  ~EchoCaller();

  absl::StatusOr<Result> Run(double seconds);

 private:
  struct Slot;

  EchoCaller(const Options& options, std::unique_ptr<fetch_grpc::Channels> channels);

  void Begin(Slot& slot);
  void Ended(Slot& slot, const grpc::Status& status);

  const Options options_;
  const std::unique_ptr<fetch_grpc::Channels> channels_;
  std::vector<std::unique_ptr<Slot>> slots_;
  int64_t end_ns_ = 0;  // Set before calls begin.

  std::mutex mutex_;
  std::condition_variable all_ended_;
  uint32_t running_ = 0;  // Guarded by mutex_.
  absl::Status failure_;  // Guarded by mutex_.
};

}  // namespace entitysync::bench
