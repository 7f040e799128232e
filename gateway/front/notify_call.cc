#include "gateway/front/notify_call.h"

#include <utility>

#include "gateway/front/outcome.h"

namespace entitysync::front {

std::shared_ptr<NotifyCall> NotifyCall::Create(metrics::FrontMetrics& metrics) {
  std::shared_ptr<NotifyCall> call(new NotifyCall(metrics));
  call->self_ = call;
  return call;
}

void NotifyCall::Answer(const absl::Status& status) {
  // Only the first may touch the RPC: after Finish, gRPC is free to end it.
  if (answered_.exchange(true)) return;
  Count(status.code());
  Finish(ToGrpc(status));
}

void NotifyCall::OnCancel() { Answer(absl::CancelledError("the call ended before its answer")); }

void NotifyCall::OnDone() { self_.reset(); }

void NotifyCall::Count(absl::StatusCode code) {
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began_;
  metrics_.call_seconds.Observe(took.count());
  switch (OutcomeOf(code)) {
    case Outcome::kOk:
      metrics_.calls_ok.Increment();
      metrics_.changes_accepted.Increment(static_cast<double>(changes_));
      return;
    case Outcome::kInvalid:
      return metrics_.calls_invalid.Increment();
    case Outcome::kUnauthenticated:
      return metrics_.calls_unauthenticated.Increment();
    case Outcome::kUnavailable:
      return metrics_.calls_unavailable.Increment();
  }
}

}  // namespace entitysync::front
