#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "service/channel.h"
#include "service/gateway_client.h"

namespace entitysync::service {

// Calls of NotifyChange, one at a time, round robin over the gateways.
//
// Purpose: where gateways have no streams, or something on the way does not let them pass. While a
//   call is under way the next request gathers.
// Owner and lifetime, errors: as Channel; the client outlives it. It does not end by itself.
// Threading: Channel's; calls end on gRPC's threads.
// Limits: kMaxChangesPerCall; each call ends after `timeout`.
class CallChannel final : public Channel {
 public:
  CallChannel(GatewayClient& client, std::chrono::milliseconds timeout, ChannelListener& listener)
      : client_(client), timeout_(timeout), listener_(listener) {}
  ~CallChannel() override;

  Limits limits() const override {
    return {.changes_per_request = kMaxChangesPerCall,
            .changes_under_way = kMaxChangesPerCall,
            .gather = std::chrono::microseconds(0)};
  }
  bool IsFree() const override;
  void Send(uint64_t sequence, std::span<const Change> changes) override;

 private:
  void OnAnswer(uint64_t sequence, absl::Status status);

  GatewayClient& client_;
  const std::chrono::milliseconds timeout_;
  ChannelListener& listener_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  bool is_free_ = true;
  int answering_ = 0;  // Calls whose answer is not told yet, or is just being told.
  std::optional<GatewayClient::Call> call_;  // The last one.
};

}  // namespace entitysync::service
