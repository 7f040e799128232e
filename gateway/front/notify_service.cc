#include "gateway/front/notify_service.h"

#include <grpc/support/time.h>
#include <grpcpp/server_context.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "gateway/front/bearer.h"
#include "gateway/front/decode.h"
#include "gateway/front/notify_call.h"

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

NotifyService::NotifyService(std::string bearer_key, size_t max_changes,
                             base::Duration notify_timeout, ServesEntity serves,
                             changelog::ChangePublisher& publisher, metrics::FrontMetrics& metrics)
    : bearer_key_(std::move(bearer_key)),
      max_changes_(max_changes),
      notify_timeout_(notify_timeout),
      serves_(std::move(serves)),
      publisher_(publisher),
      metrics_(metrics) {}

absl::StatusOr<std::vector<changelog::Change>> NotifyService::Accept(
    const grpc::CallbackServerContext& context, const grpc::ByteBuffer& request) const {
  if (absl::Status status = CheckBearer(context.client_metadata(), bearer_key_); !status.ok()) {
    return status;
  }
  RequestView view;
  if (absl::Status status = view.Decode(request, max_changes_); !status.ok()) return status;
  return TakeChanges(view.changes(), serves_);
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
  const base::Duration timeout = PublishTimeout(notify_timeout_, Remaining(*context));
  if (timeout <= base::Duration::zero()) {
    call->Answer(absl::DeadlineExceededError("the call came after its deadline: retry"));
    return call.get();
  }
  call->set_changes(changes->size());
  publisher_.Publish(*std::move(changes), timeout, NotifyCall::Completion(call));
  return call.get();
}

}  // namespace entitysync::front
