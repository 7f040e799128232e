#include "service/entity_service.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <cxxabi.h>

#include <cstdlib>
#include <typeinfo>

#include "service/bearer_key.h"
#include "service/status.h"

namespace entitysync::service {
namespace {

FetchReason FromProto(v1::FetchReason reason) {
  switch (reason) {
    case v1::FETCH_REASON_SNAPSHOT:
      return FetchReason::kSnapshot;
    case v1::FETCH_REASON_REVALIDATE:
      return FetchReason::kRevalidate;
    default:
      return FetchReason::kChange;
  }
}

v1::FetchEntityResponse ToProto(Answer answer) {
  v1::FetchEntityResponse response;
  for (std::string& row : answer.rows) response.add_rows(std::move(row));
  if (answer.version) response.set_version(*answer.version);
  return response;
}

v1::HandleMessageResponse ToProto(std::vector<Reply> replies) {
  v1::HandleMessageResponse response;
  for (Reply& reply : replies) {
    v1::Reply& out = *response.add_replies();
    out.set_data(std::move(reply.data));
    out.set_is_binary(reply.is_binary);
  }
  return response;
}

// The type of the exception being handled, for the log.
std::string ExceptionType() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr) return "an exception";
  int status = 0;
  char* name = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
  std::string result = status == 0 ? name : type->name();
  std::free(name);
  return result;
}

}  // namespace

EntityServiceImpl::EntityServiceImpl(const ServiceOptions& options, WorkerPool& pool)
    : accepted_keys_(options.accepted_keys),
      fetch_(options.fetch),
      default_fetch_(options.default_fetch),
      message_(options.message),
      pool_(pool),
      key_log_(options.log),
      type_log_(options.log),
      exception_log_(options.log),
      full_log_(options.log) {}

grpc::ServerUnaryReactor* EntityServiceImpl::FetchEntity(grpc::CallbackServerContext* context,
                                                         const v1::FetchEntityRequest* request,
                                                         v1::FetchEntityResponse* response) {
  auto call = FetchCall::Create(response);
  grpc::Status status = CheckKey(*context);
  if (!status.ok()) return Refuse(*call, std::move(status));
  const std::string& entity = request->key().entity();
  const FetchFunction* function = FunctionFor(entity);
  if (function == nullptr) {
    std::string message = absl::StrCat(
        "this application has no fetch function for entity type '", absl::Utf8SafeCEscape(entity),
        "': register one, or point the gateway's configuration for this type elsewhere");
    type_log_.Write(message);
    return Refuse(*call, {grpc::StatusCode::UNIMPLEMENTED, message});
  }
  FetchContext question({entity, request->key().id()}, request->secret(),
                        FromProto(request->reason()), request->min_version(), call->cancelled());
  Submit(call, [this, function, question = std::move(question), call] {
    RunFetch(*function, question, *call);
  });
  return call.get();
}

grpc::ServerUnaryReactor* EntityServiceImpl::HandleMessage(grpc::CallbackServerContext* context,
                                                           const v1::HandleMessageRequest* request,
                                                           v1::HandleMessageResponse* response) {
  auto call = MessageCall::Create(response);
  grpc::Status status = CheckKey(*context);
  if (!status.ok()) return Refuse(*call, std::move(status));
  if (!message_) {
    return Refuse(*call, {grpc::StatusCode::UNIMPLEMENTED, "this application takes no messages"});
  }
  ClientMessage message{request->secret(), request->connection(), request->data(),
                        request->is_binary()};
  Submit(call, [this, message = std::move(message), call] { RunMessage(message, *call); });
  return call.get();
}

void EntityServiceImpl::AddTo(ServiceStats& stats) const {
  stats.answered = answered_;
  stats.failed = failed_;
  stats.refused = refused_;
  stats.cancelled = cancelled_;
}

grpc::Status EntityServiceImpl::CheckKey(const grpc::CallbackServerContext& context) {
  if (accepted_keys_.empty() || HasBearerKey(context.client_metadata(), accepted_keys_)) {
    return grpc::Status::OK;
  }
  std::string message =
      "the bearer key is missing or wrong: give the gateway one that this application accepts";
  key_log_.Write(absl::StrCat("refused a call of a gateway: ", message));
  return {grpc::StatusCode::INVALID_ARGUMENT, message};
}

const FetchFunction* EntityServiceImpl::FunctionFor(const std::string& entity) const {
  const auto found = fetch_.find(entity);
  if (found != fetch_.end() && found->second) return &found->second;
  return default_fetch_ ? &default_fetch_ : nullptr;
}

void EntityServiceImpl::RunFetch(const FetchFunction& function, const FetchContext& context,
                                 FetchCall& call) {
  if (SkipCancelled(call)) return;
  try {
    absl::StatusOr<Answer> answer = function(context);
    ++(answer.ok() ? answered_ : failed_);
    if (answer.ok()) {
      call.Finish(grpc::Status::OK, ToProto(*std::move(answer)));
    } else {
      call.Finish(ToGrpc(answer.status()));
    }
  } catch (...) {
    call.Finish(Threw(absl::StrCat("the fetch function of '", context.key().entity, "'")));
  }
}

void EntityServiceImpl::RunMessage(const ClientMessage& message, MessageCall& call) {
  if (SkipCancelled(call)) return;
  try {
    absl::StatusOr<std::vector<Reply>> replies = message_(message);
    ++(replies.ok() ? answered_ : failed_);
    if (replies.ok()) {
      call.Finish(grpc::Status::OK, ToProto(*std::move(replies)));
    } else {
      call.Finish(ToGrpc(replies.status()));
    }
  } catch (...) {
    call.Finish(Threw("the message function"));
  }
}

template <typename Call>
grpc::ServerUnaryReactor* EntityServiceImpl::Refuse(Call& call, grpc::Status status) {
  ++refused_;
  call.Finish(std::move(status));
  return &call;
}

template <typename Call>
void EntityServiceImpl::Submit(std::shared_ptr<Call> call, WorkerPool::Task task) {
  if (pool_.TrySubmit(std::move(task))) return;
  full_log_.Write(
      "every thread is busy and the queue is full: a call was answered UNAVAILABLE. If this goes "
      "on, raise ServiceOptions::threads, or make the functions faster");
  Refuse(*call, {grpc::StatusCode::UNAVAILABLE, "the application is busy: try again"});
}

template <typename Call>
bool EntityServiceImpl::SkipCancelled(const Call& call) {
  if (!call.cancelled()->load(std::memory_order_relaxed)) return false;
  ++cancelled_;
  return true;
}

grpc::Status EntityServiceImpl::Threw(const std::string& which) {
  ++failed_;
  exception_log_.Write(absl::StrCat(which, " threw ", ExceptionType(),
                                    "; its text is withheld, since it may hold a secret: catch it "
                                    "in the function to see it"));
  return {grpc::StatusCode::INTERNAL, absl::StrCat(which, " threw an exception")};
}

}  // namespace entitysync::service
