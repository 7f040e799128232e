#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "entitysync/notifier.h"
#include "entitysync/v1/gateway.grpc.pb.h"
#include "service/channel.h"

namespace entitysync::service {

// A gateway takes at most this many changes in one call (its default limit).
inline constexpr size_t kMaxChangesPerCall = 10'000;

// Whether repeating a call that failed so can help. The changes are idempotent, so all that is not
// the caller's own fault is worth another attempt.
bool IsWorthRetrying(const absl::Status& status);

// The gateways: single calls of NotifyChange, and streams of NotifyChanges, round robin.
//
// Purpose: the channels. One per configured address, since gRPC has no target that names several
//   hosts with ports; each balances over what its address resolves to.
// Owner and lifetime: Notifier. Threading: any thread, concurrently; Attempt blocks.
// Limits: the caller's: at most kMaxChangesPerCall changes. Channels reconnect every 100 ms to 2 s.
// Errors: the gateway's status; UNAVAILABLE or DEADLINE_EXCEEDED if there was no answer.
class GatewayClient {
 public:
  static absl::StatusOr<std::unique_ptr<GatewayClient>> Create(const NotifierOptions& options);

  absl::Status Attempt(std::span<const Change> changes, std::chrono::milliseconds timeout);

  // A call that does not block.
  struct Call {
    grpc::ClientContext context;  // To cancel it.
    v1::NotifyChangeRequest request;
    v1::NotifyChangeResponse response;
  };
  // `call` is new, and outlives `done`, which comes on a thread of gRPC.
  void Start(Call& call, std::span<const Change> changes, std::chrono::milliseconds timeout,
             std::function<void(absl::Status)> done);

  std::unique_ptr<Channel> OpenStream(ChannelListener& listener);

 private:
  using Stub = v1::GatewayService::Stub;
  GatewayClient(std::vector<std::unique_ptr<Stub>> stubs, const std::string& key);

  void Fill(Call& call, std::span<const Change> changes, std::chrono::milliseconds timeout) const;
  Stub& NextStub();

  const std::vector<std::unique_ptr<Stub>> stubs_;
  const std::string authorization_;  // Empty: none.
  std::atomic<size_t> next_;
};

}  // namespace entitysync::service
