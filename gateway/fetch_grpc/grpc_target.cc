#include "gateway/fetch_grpc/grpc_target.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <string_view>
#include <utility>

#include "gateway/fetch_grpc/batch_call.h"
#include "gateway/fetch_grpc/calls.h"

namespace entitysync::fetch_grpc {
namespace {

using MessageRpc = Call<v1::HandleMessageRequest, v1::HandleMessageResponse, fetch::MessageDone>;

constexpr base::Duration kStopBound = std::chrono::seconds(10);

// Where the batch ends that begins with items[begin].
size_t EndOfBatch(const std::vector<fetch::FetchItem>& items, size_t begin) {
  size_t bytes = 0;
  size_t end = begin;
  while (end < items.size() && end - begin < kMaxBatchItems) {
    const fetch::FetchRequest& request = items[end].request;
    bytes += request.key.entity.size() + request.key.id.size() + request.secret->size();
    if (end > begin && bytes > kMaxBatchRequestBytes) break;
    ++end;
  }
  return end;
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
    : caller_(std::make_shared<Caller>(std::move(options), std::move(channels), std::move(log))) {}

GrpcTarget::~GrpcTarget() {
  if (!Stop(kStopBound)) {
    caller_->log()->error("target \"{}\": a callback of a call blocks; its channel ends with it",
                          caller_->options().name);
  }
}

std::unique_ptr<fetch::FetchCall> GrpcTarget::Fetch(fetch::FetchRequest request,
                                                    fetch::FetchDone done) {
  return caller_->Fetch(ToProto(std::move(request)), std::move(done));
}

std::vector<std::unique_ptr<fetch::FetchCall>> GrpcTarget::FetchBatch(
    std::vector<fetch::FetchItem> items) {
  if (!caller_->TakesBatches()) return EntitySource::FetchBatch(std::move(items));
  std::vector<std::unique_ptr<fetch::FetchCall>> calls;
  calls.reserve(items.size());
  for (size_t begin = 0; begin < items.size();) {
    const size_t end = EndOfBatch(items, begin);
    if (end - begin == 1) {
      calls.push_back(Fetch(std::move(items[begin].request), std::move(items[begin].done)));
    } else {
      BatchCall::Start(caller_, std::span(items).subspan(begin, end - begin), calls);
    }
    begin = end;
  }
  return calls;
}

std::unique_ptr<fetch::FetchCall> GrpcTarget::Handle(fetch::ClientMessage message,
                                                     fetch::MessageDone done) {
  auto call = std::make_shared<MessageRpc>(caller_->registry(), std::move(done));
  call->request.set_secret(*message.secret);
  call->request.set_connection(std::move(message.connection));
  call->request.set_data(std::move(message.data));
  call->request.set_is_binary(message.is_binary);
  caller_->Prepare(call, caller_->options().message_timeout);
  auto handle = std::make_unique<CallHandle<MessageRpc>>(call);
  MessageRpc& rpc = *call;
  caller_->Pick().async()->HandleMessage(
      &rpc.context(), &rpc.request, &rpc.response,
      [call = std::move(call), rules = caller_->rules()](const grpc::Status& status) {
        const std::string_view secret = call->request.secret();
        call->Complete(ToReplies(status, call->response, *rules, Secrets(&secret, 1)));
      });
  return handle;
}

bool GrpcTarget::Stop(base::Duration bound) {
  caller_->registry()->CancelAll();
  return caller_->registry()->WaitUntilNone(bound);
}

}  // namespace entitysync::fetch_grpc
