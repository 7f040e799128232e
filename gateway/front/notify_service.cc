#include "gateway/front/notify_service.h"

#include <grpc/support/time.h>
#include <grpcpp/server_context.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "gateway/front/bearer.h"
#include "gateway/front/completion.h"
#include "gateway/front/notify_call.h"
#include "gateway/front/notify_stream.h"

namespace entitysync::front {
namespace {

constexpr base::Duration kMaxMargin = std::chrono::milliseconds(50);

// How long the caller waits; the longest Duration if it set no deadline.
base::Duration Remaining(const grpc::CallbackServerContext& context) {
  const gpr_timespec deadline = gpr_convert_clock_type(context.raw_deadline(), GPR_CLOCK_MONOTONIC);
  if (gpr_time_cmp(deadline, gpr_inf_future(GPR_CLOCK_MONOTONIC)) == 0) {
    return base::Duration::max();
  }
  const gpr_timespec left = gpr_time_sub(deadline, gpr_now(GPR_CLOCK_MONOTONIC));
  // A deadline of centuries is none; this also keeps the sum in range.
  constexpr int64_t kMaxSeconds = 1'000'000'000;
  return std::chrono::seconds(std::clamp<int64_t>(left.tv_sec, -kMaxSeconds, kMaxSeconds)) +
         std::chrono::nanoseconds(left.tv_nsec);
}

}  // namespace

base::Duration PublishTimeout(base::Duration notify_timeout, base::Duration remaining) {
  return std::min(notify_timeout, remaining - std::min(kMaxMargin, remaining / 10));
}

NotifyService::NotifyService(const FrontOptions& options, ServesEntity serves,
                             changelog::ChangePublisher& publisher, metrics::FrontMetrics& metrics)
    : options_(options),
      intake_(options.max_changes_per_call, std::move(serves), publisher),
      metrics_(metrics),
      streams_(options.max_streams, metrics) {}

absl::StatusOr<std::vector<changelog::Change>> NotifyService::Accept(
    const grpc::CallbackServerContext& context, const grpc::ByteBuffer& request) const {
  if (absl::Status status = CheckBearer(context.client_metadata(), options_.bearer_key);
      !status.ok()) {
    return status;
  }
  RequestView view;
  return intake_.Take(request, view);
}

grpc::ServerUnaryReactor* NotifyService::NotifyChange(grpc::CallbackServerContext* context,
                                                      const grpc::ByteBuffer* request,
                                                      grpc::ByteBuffer* response) {
  // NotifyChangeResponse has no fields: its encoding is empty.
  const grpc::Slice empty;
  *response = grpc::ByteBuffer(&empty, 1);
  const std::shared_ptr<NotifyCall> call = NotifyCall::Create(metrics_);
  absl::StatusOr<std::vector<changelog::Change>> changes = Accept(*context, *request);
  if (!changes.ok()) {
    call->Answer(changes.status());
    return call.get();
  }
  const base::Duration timeout = PublishTimeout(options_.notify_timeout, Remaining(*context));
  if (timeout <= base::Duration::zero()) {
    call->Answer(absl::DeadlineExceededError("the call came after its deadline: retry"));
    return call.get();
  }
  call->set_changes(changes->size());
  intake_.publisher().Publish(
      *std::move(changes), {.timeout = timeout},
      Completion([call](const absl::Status& status) { call->Answer(status); }));
  return call.get();
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* NotifyService::NotifyChanges(
    grpc::CallbackServerContext* context) {
  if (absl::Status status = CheckBearer(context->client_metadata(), options_.bearer_key);
      !status.ok()) {
    metrics_.streams_unauthenticated.Increment();
    return new RefusedStream(status);
  }
  const std::shared_ptr<NotifyStream> stream =
      NotifyStream::Create({.window = options_.stream_window,
                            .notify_timeout = options_.notify_timeout,
                            .max_age = options_.max_connection_age},
                           intake_, streams_, metrics_);
  if (absl::Status status = streams_.Enter(stream); !status.ok()) return new RefusedStream(status);
  stream->Begin();
  return stream.get();
}

}  // namespace entitysync::front
