#pragma once

#include <absl/status/statusor.h>

#include <vector>

#include "entitysync/v1/gateway.grpc.pb.h"
#include "gateway/base/time.h"
#include "gateway/changelog/change_publisher.h"
#include "gateway/front/intake.h"
#include "gateway/front/options.h"
#include "gateway/front/stream_registry.h"
#include "gateway/metrics/metrics.h"

namespace entitysync::front {

// GatewayService as gateway.proto describes it.
//
// Purpose: turns calls into checked changes, publishes them, and answers when the publisher does;
//   lets streams in, which then do the same.
// Owner and lifetime: owned by FrontServer, outlives the gRPC server. A call may outlive the RPC
//   that brought it (the client went away, the publisher has not answered): it then holds only the
//   metrics.
// Threading: gRPC's threads; the publisher calls back on any.
// Limits: each call ends within min(notify_timeout, the caller's deadline less a margin);
//   max_streams.
// Errors: the status codes of gateway.proto.
class NotifyService final
    : public v1::GatewayService::WithRawCallbackMethod_NotifyChange<
          v1::GatewayService::WithRawCallbackMethod_NotifyChanges<v1::GatewayService::Service>> {
 public:
  // `options` outlives this.
  NotifyService(const FrontOptions& options, ServesEntity serves,
                changelog::ChangePublisher& publisher, metrics::FrontMetrics& metrics);

  // Takes the bytes as they came: the bearer key is checked before anything is decoded, and what
  // cannot be decoded is INVALID_ARGUMENT (gRPC itself would say UNIMPLEMENTED).
  grpc::ServerUnaryReactor* NotifyChange(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* NotifyChanges(
      grpc::CallbackServerContext* context) override;

  // Ends the streams politely, for good.
  void CloseStreams() { streams_.CloseAll(); }

 private:
  absl::StatusOr<std::vector<changelog::Change>> Accept(const grpc::CallbackServerContext& context,
                                                        const grpc::ByteBuffer& request) const;

  const FrontOptions& options_;
  const Intake intake_;
  metrics::FrontMetrics& metrics_;
  StreamRegistry streams_;
};

// How long the publisher may take so that the caller, who has `remaining` left, still hears the
// answer: 50 ms or a tenth of it less, whichever is smaller; at most `notify_timeout`.
base::Duration PublishTimeout(base::Duration notify_timeout, base::Duration remaining);

}  // namespace entitysync::front
