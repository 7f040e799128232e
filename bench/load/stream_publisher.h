#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <utility>
#include <vector>

#include "bench/load/call_counter.h"
#include "bench/load/gateways.h"
#include "bench/load/notify_stream.h"

namespace entitysync::bench {

// Notifies gateways over one stream each, in turn, as a producer of many changes would.
//
// Limits and errors: CallCounter's and NotifyStream's.
class StreamPublisher final : public Publisher {
 public:
  // Fails if a gateway cannot be reached.
  static absl::StatusOr<std::unique_ptr<Publisher>> Connect(Gateways gateways);
  ~StreamPublisher() override { calls_.WaitForAll(); }

  absl::Status Prepare(uint64_t) override {
    return absl::OkStatus();
  }  // Gateways do not tell here.
  void Notify(std::span<const Changed> changes) override {
    calls_.Begin();
    streams_[turn_++ % streams_.size()]->Send(changes);
  }
  bool WaitUnanswered(uint64_t most, int64_t deadline_ns) override {
    return calls_.WaitUnanswered(most, deadline_ns);
  }
  PublisherCounts Counts() override { return calls_.Counts(); }
  void ClearCounts() override { calls_.Clear(); }

 private:
  explicit StreamPublisher(Gateways gateways) : gateways_(std::move(gateways)) {}

  const Gateways gateways_;
  CallCounter calls_;
  std::vector<std::unique_ptr<Gateways::Stub>> stubs_;
  std::vector<std::unique_ptr<NotifyStream>> streams_;
  size_t turn_ = 0;
};

}  // namespace entitysync::bench
