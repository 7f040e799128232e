#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <utility>
#include <vector>

#include "bench/load/call_counter.h"
#include "bench/load/gateways.h"

namespace entitysync::bench {

// Calls NotifyChange of gateways, in turn, as an application would.
//
// Limits: CallCounter's. Errors: failed calls are counted and not repeated.
class UnaryPublisher final : public Publisher {
 public:
  // Fails if a gateway cannot be reached.
  static absl::StatusOr<std::unique_ptr<Publisher>> Connect(Gateways gateways);
  ~UnaryPublisher() override { calls_.WaitForAll(); }

  absl::Status Prepare(uint64_t) override {
    return absl::OkStatus();
  }  // Gateways do not tell here.
  void Notify(std::span<const Changed> changes) override;
  bool WaitUnanswered(uint64_t most, int64_t deadline_ns) override {
    return calls_.WaitUnanswered(most, deadline_ns);
  }
  PublisherCounts Counts() override { return calls_.Counts(); }
  void ClearCounts() override { calls_.Clear(); }

 private:
  struct Call;

  explicit UnaryPublisher(Gateways gateways) : gateways_(std::move(gateways)) {}

  const Gateways gateways_;
  std::vector<std::unique_ptr<Gateways::Stub>> stubs_;
  size_t turn_ = 0;
  CallCounter calls_;
};

}  // namespace entitysync::bench
