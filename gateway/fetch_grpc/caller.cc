#include "gateway/fetch_grpc/caller.h"

#include <grpc/support/time.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace entitysync::fetch_grpc {
namespace {

using FetchRpc = Call<v1::FetchEntityRequest, v1::FetchEntityResponse, fetch::FetchDone>;

v1::FetchReason ToProto(fetch::FetchReason reason) {
  switch (reason) {
    case fetch::FetchReason::kChange:
      return v1::FETCH_REASON_CHANGE;
    case fetch::FetchReason::kSnapshot:
      return v1::FETCH_REASON_SNAPSHOT;
    case fetch::FetchReason::kRevalidate:
      return v1::FETCH_REASON_REVALIDATE;
  }
  return v1::FETCH_REASON_UNSPECIFIED;
}

}  // namespace

v1::FetchEntityRequest ToProto(fetch::FetchRequest request) {
  v1::FetchEntityRequest proto;
  proto.mutable_key()->set_entity(std::move(request.key.entity));
  proto.mutable_key()->set_id(std::move(request.key.id));
  proto.set_secret(*request.secret);
  proto.set_reason(ToProto(request.reason));
  proto.set_min_version(request.min_version);
  return proto;
}

Caller::Caller(GrpcTargetOptions options, std::unique_ptr<Channels> channels, base::Logger log)
    : options_(std::move(options)),
      log_(std::move(log)),
      rules_(std::make_shared<const AnswerRules>(AnswerRules{
          options_.name, options_.bearer_key, options_.max_rows, options_.max_state_bytes})),
      channels_(std::move(channels)) {}

void Caller::Prepare(const std::shared_ptr<RunningCall>& call, base::Duration timeout) {
  // The monotonic clock: a clock set by hand must not end or prolong calls.
  call->context().set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                            gpr_time_from_nanos(timeout.count(), GPR_TIMESPAN)));
  call->context().set_wait_for_ready(false);
  if (!options_.bearer_key.empty()) {
    call->context().AddMetadata("authorization", "Bearer " + options_.bearer_key);
  }
  registry_->Add(call);
}

std::unique_ptr<fetch::FetchCall> Caller::Fetch(v1::FetchEntityRequest request,
                                                fetch::FetchDone done) {
  auto call = std::make_shared<FetchRpc>(registry_, std::move(done));
  call->request = std::move(request);
  Prepare(call, options_.fetch_timeout);
  auto handle = std::make_unique<CallHandle<FetchRpc>>(call);
  FetchRpc& rpc = *call;
  Pick().async()->FetchEntity(
      &rpc.context(), &rpc.request, &rpc.response,
      [call = std::move(call), rules = rules_](const grpc::Status& status) {
        const std::string_view secret = call->request.secret();
        call->Complete(ToAnswer(status, call->response, *rules, Secrets(&secret, 1)));
      });
  return handle;
}

bool Caller::TakesBatches() const {
  return std::chrono::steady_clock::now() >= batches_from_.load(std::memory_order_relaxed);
}

void Caller::BatchWasUnimplemented() {
  const base::TimePoint before = batches_from_.exchange(
      std::chrono::steady_clock::now() + options_.batch_pause, std::memory_order_relaxed);
  if (before != base::TimePoint::min()) return;  // Said once, not every minute.
  log_->info("target \"{}\" does not implement FetchEntities: its entities are asked one by one",
             options_.name);
}

}  // namespace entitysync::fetch_grpc
