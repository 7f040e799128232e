#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "entitysync/v1/gateway.grpc.pb.h"
#include "gateway/base/time.h"
#include "gateway/changelog/change_publisher.h"
#include "gateway/front/changes.h"
#include "gateway/metrics/metrics.h"

namespace entitysync::front {

// GatewayService as gateway.proto describes it.
//
// Purpose: turns a call into checked changes, publishes them, and answers when the publisher does.
// Owner and lifetime: owned by FrontServer, outlives the gRPC server. A call may outlive the RPC
//   that brought it (the client went away, the publisher has not answered): it then holds only the
//   metrics.
// Threading: gRPC's threads; the publisher calls back on any.
// Limits: each call ends within min(notify_timeout, the caller's deadline less a margin).
// Errors: the status codes of gateway.proto.
class NotifyService final
    : public v1::GatewayService::WithRawCallbackMethod_NotifyChange<v1::GatewayService::Service> {
 public:
  NotifyService(std::string bearer_key, size_t max_changes, base::Duration notify_timeout,
                ServesEntity serves, changelog::ChangePublisher& publisher,
                metrics::FrontMetrics& metrics);

  // Takes the bytes as they came: the bearer key is checked before anything is decoded, and what
  // cannot be decoded is INVALID_ARGUMENT (gRPC itself would say UNIMPLEMENTED).
  grpc::ServerUnaryReactor* NotifyChange(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;

 private:
  absl::StatusOr<std::vector<changelog::Change>> Accept(const grpc::CallbackServerContext& context,
                                                        const grpc::ByteBuffer& request) const;

  const std::string bearer_key_;
  const size_t max_changes_;
  const base::Duration notify_timeout_;
  const ServesEntity serves_;
  changelog::ChangePublisher& publisher_;
  metrics::FrontMetrics& metrics_;
};

// How long the publisher may take so that the caller, who has `remaining` left, still hears the
// answer: 50 ms or a tenth of it less, whichever is smaller; at most `notify_timeout`.
base::Duration PublishTimeout(base::Duration notify_timeout, base::Duration remaining);

}  // namespace entitysync::front
