#include "gateway/fetch_grpc/grpc_target.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <grpc/support/time.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace entitysync::fetch_grpc {
namespace {

using FetchRpc = Call<v1::FetchEntityRequest, v1::FetchEntityResponse, fetch::FetchDone>;
using BatchRpc = Call<v1::FetchEntitiesRequest, v1::FetchEntitiesResponse, fetch::FetchDone>;
using MessageRpc = Call<v1::HandleMessageRequest, v1::HandleMessageResponse, fetch::MessageDone>;

// About what the messages of a call, and of one item, take in memory.
constexpr size_t kCallBytes = 1024;
constexpr size_t kItemBytes = 384;
constexpr base::Duration kStopBound = std::chrono::seconds(10);

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

void Write(const fetch::FetchRequest& request, v1::FetchEntityRequest& to) {
  to.mutable_key()->set_entity(request.key.entity);
  to.mutable_key()->set_id(request.key.id);
  to.set_secret(request.secret);
  to.set_reason(ToProto(request.reason));
  to.set_min_version(request.min_version);
}

absl::Status CheckOptions(const GrpcTargetOptions& options) {
  if (options.fetch_timeout <= base::Duration::zero() ||
      options.message_timeout <= base::Duration::zero()) {
    return absl::InvalidArgumentError("timeouts must be above 0");
  }
  if (options.max_receive_bytes == 0 || options.max_rows == 0 || options.max_state_bytes == 0) {
    return absl::InvalidArgumentError("limits must be above 0");
  }
  // gRPC ends every call that carries other bytes in its metadata.
  const bool printable =
      std::all_of(options.bearer_key.begin(), options.bearer_key.end(),
                  [](char c) { return absl::ascii_isgraph(static_cast<unsigned char>(c)); });
  if (!printable) {
    return absl::InvalidArgumentError("the bearer key must be printable ASCII without spaces");
  }
  return absl::OkStatus();
}

absl::Status Named(const std::string& name, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("target \"", name, "\": ", status.message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcTarget>> GrpcTarget::Create(GrpcTargetOptions options,
                                                               base::Logger log) {
  if (const absl::Status status = CheckOptions(options); !status.ok()) {
    return Named(options.name, status);
  }
  absl::StatusOr<std::unique_ptr<Channels>> channels = Channels::Open(options);
  if (!channels.ok()) return Named(options.name, channels.status());
  return std::unique_ptr<GrpcTarget>(
      new GrpcTarget(std::move(options), *std::move(channels), std::move(log)));
}

GrpcTarget::GrpcTarget(GrpcTargetOptions options, std::unique_ptr<Channels> channels,
                       base::Logger log)
    : options_(std::move(options)),
      log_(std::move(log)),
      rules_(std::make_shared<const AnswerRules>(AnswerRules{
          options_.name, options_.bearer_key, options_.max_rows, options_.max_state_bytes})),
      batch_limit_(std::make_shared<BatchLimit>(options_.name, options_.batch_pause, log_)),
      channels_(std::move(channels)) {}

GrpcTarget::~GrpcTarget() {
  if (!Stop(kStopBound)) {
    log_->error("target \"{}\": a callback of a call blocks; its channel ends with it",
                options_.name);
  }
}

void GrpcTarget::Prepare(const std::shared_ptr<RunningCall>& call, base::Duration timeout) {
  // The monotonic clock: a clock set by hand must not end or prolong calls.
  call->context().set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                            gpr_time_from_nanos(timeout.count(), GPR_TIMESPAN)));
  call->context().set_wait_for_ready(false);
  if (!options_.bearer_key.empty()) {
    call->context().AddMetadata("authorization", "Bearer " + options_.bearer_key);
  }
  registry_->Add(call);
}

std::unique_ptr<fetch::FetchCall> GrpcTarget::Fetch(std::span<const fetch::FetchRequest> requests,
                                                    fetch::FetchDone done) {
  return requests.size() == 1 ? FetchOne(requests.front(), std::move(done))
                              : FetchMany(requests, std::move(done));
}

std::unique_ptr<fetch::FetchCall> GrpcTarget::FetchOne(const fetch::FetchRequest& request,
                                                       fetch::FetchDone done) {
  auto call = std::make_shared<FetchRpc>(registry_, kCallBytes, std::move(done));
  Write(request, call->request());
  Prepare(call, options_.fetch_timeout);
  auto handle = std::make_unique<CallHandle<FetchRpc>>(call);
  FetchRpc& rpc = *call;
  channels_->Pick().async()->FetchEntity(
      &rpc.context(), &rpc.request(), &rpc.response(),
      [call = std::move(call), rules = rules_](const grpc::Status& status) {
        const std::string_view secret = call->request().secret();
        fetch::FetchAnswers answers;
        answers.push_back(ToAnswer(status, call->response(), *rules, Secrets(&secret, 1)));
        call->Complete(std::move(answers));
      });
  return handle;
}

std::unique_ptr<fetch::FetchCall> GrpcTarget::FetchMany(
    std::span<const fetch::FetchRequest> requests, fetch::FetchDone done) {
  auto call = std::make_shared<BatchRpc>(registry_, kCallBytes + requests.size() * kItemBytes,
                                         std::move(done));
  call->request().mutable_items()->Reserve(static_cast<int>(requests.size()));
  for (const fetch::FetchRequest& request : requests) Write(request, *call->request().add_items());
  Prepare(call, options_.fetch_timeout);
  auto handle = std::make_unique<CallHandle<BatchRpc>>(call);
  BatchRpc& rpc = *call;
  channels_->Pick().async()->FetchEntities(
      &rpc.context(), &rpc.request(), &rpc.response(),
      [call = std::move(call), rules = rules_, limit = batch_limit_](const grpc::Status& status) {
        const auto items = static_cast<size_t>(call->request().items_size());
        if (limit->Learn(status, items)) return call->Complete(fetch::FetchAnswers());
        call->Complete(ToAnswers(status, call->request(), call->response(), *rules));
      });
  return handle;
}

std::unique_ptr<fetch::FetchCall> GrpcTarget::Handle(fetch::ClientMessage message,
                                                     fetch::MessageDone done) {
  auto call = std::make_shared<MessageRpc>(registry_, kCallBytes, std::move(done));
  call->request().set_secret(*message.secret);
  call->request().set_connection(std::move(message.connection));
  call->request().set_data(std::move(message.data));
  call->request().set_is_binary(message.is_binary);
  Prepare(call, options_.message_timeout);
  auto handle = std::make_unique<CallHandle<MessageRpc>>(call);
  MessageRpc& rpc = *call;
  channels_->Pick().async()->HandleMessage(
      &rpc.context(), &rpc.request(), &rpc.response(),
      [call = std::move(call), rules = rules_](const grpc::Status& status) {
        const std::string_view secret = call->request().secret();
        call->Complete(ToReplies(status, call->response(), *rules, Secrets(&secret, 1)));
      });
  return handle;
}

bool GrpcTarget::Stop(base::Duration bound) {
  registry_->CancelAll();
  return registry_->WaitUntilNone(bound);
}

}  // namespace entitysync::fetch_grpc
