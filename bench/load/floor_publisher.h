#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/lib/floor_control.h"
#include "bench/lib/socket.h"
#include "bench/load/publisher.h"

namespace entitysync::bench {

// Tells floor programs what changed, over their control connections: each change to all of them,
// since each has clients of its own.
class FloorPublisher final : public Publisher {
 public:
  static absl::StatusOr<std::unique_ptr<Publisher>> Connect(
      const std::vector<std::string>& addresses);

  absl::Status Prepare(uint64_t subscriptions) override;
  void Notify(std::span<const Changed> changes) override;
  bool WaitUnanswered(uint64_t, int64_t) override { return true; }  // There are no answers.
  PublisherCounts Counts() override { return counts_; }
  void ClearCounts() override { counts_ = {}; }

 private:
  explicit FloorPublisher(std::vector<Fd> controls) : controls_(std::move(controls)) {}

  // The sum over all of them.
  absl::StatusOr<FloorReport> Ask();

  std::vector<Fd> controls_;
  PublisherCounts counts_;
  std::string message_;
};

}  // namespace entitysync::bench
