#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <utility>
#include <vector>

#include "bench/load/call_counter.h"
#include "bench/load/gateways.h"

namespace entitysync::bench {

// What publishers to gateways have in common: the gateways, taken in turn, and the count of calls.
//
// Limits: CallCounter's. Errors: failed calls are counted and not repeated.
class GatewayPublisher : public Publisher {
 public:
  // `stubs`: what Gateways::Connect made.
  GatewayPublisher(Gateways gateways, std::vector<std::unique_ptr<Gateways::Stub>> stubs)
      : gateways_(std::move(gateways)), stubs_(std::move(stubs)) {}

  absl::Status Prepare(uint64_t) override {
    return absl::OkStatus();
  }  // Gateways do not tell here.
  bool WaitUnanswered(uint64_t most, int64_t deadline_ns) override {
    return calls_.WaitUnanswered(most, deadline_ns);
  }
  PublisherCounts Counts() override { return calls_.Counts(); }
  void ClearCounts() override { calls_.Clear(); }

 protected:
  // An index into stubs_.
  size_t NextTurn() { return turn_++ % stubs_.size(); }

  const Gateways gateways_;
  const std::vector<std::unique_ptr<Gateways::Stub>> stubs_;
  CallCounter calls_;

 private:
  size_t turn_ = 0;
};

// A publisher of this kind; fails if a gateway cannot be reached.
template <typename Kind>
absl::StatusOr<std::unique_ptr<Publisher>> ConnectTo(Gateways gateways) {
  auto stubs = gateways.Connect();
  if (!stubs.ok()) return stubs.status();
  return std::make_unique<Kind>(std::move(gateways), *std::move(stubs));
}

}  // namespace entitysync::bench
