#pragma once

#include <absl/status/status.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <chrono>
#include <memory>

#include "gateway/metrics/metrics.h"

namespace entitysync::front {

// One NotifyChange call: the reactor of gRPC and the callback of the publisher meet here.
//
// Purpose: answers exactly once, whichever comes first: the publisher, or the end of the RPC (the
//   client cancelled, its deadline passed, the server stops).
// Owner and lifetime: kept by gRPC until OnDone and by the publisher's callback until that is gone,
//   in any order.
// Threading: any thread. Limits: none. Errors: none.
class NotifyCall final : public grpc::ServerUnaryReactor {
 public:
  static std::shared_ptr<NotifyCall> Create(metrics::FrontMetrics& metrics);

  // How many changes are counted as accepted if the answer is OK. Before it is given to the
  // publisher.
  void set_changes(size_t changes) { changes_ = changes; }

  // The first answer wins.
  void Answer(const absl::Status& status);

  void OnCancel() override;
  void OnDone() override;

 private:
  explicit NotifyCall(metrics::FrontMetrics& metrics) : metrics_(metrics) {}

  void Count(absl::StatusCode code);

  metrics::FrontMetrics& metrics_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  size_t changes_ = 0;
  std::atomic<bool> answered_ = false;
  std::shared_ptr<NotifyCall> self_;  // gRPC's hold, until OnDone.
};

}  // namespace entitysync::front
