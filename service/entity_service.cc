#include "service/entity_service.h"

#include <memory>
#include <utility>

#include "service/bearer_key.h"
#include "service/fetch_batch.h"
#include "service/status.h"

namespace entitysync::service {
namespace {

// Gateways send at most 100.
constexpr int kMaxItems = 1'000;

v1::HandleMessageResponse ToProto(std::vector<Reply> replies) {
  v1::HandleMessageResponse response;
  for (Reply& reply : replies) {
    v1::Reply& out = *response.add_replies();
    out.set_data(std::move(reply.data));
    out.set_is_binary(reply.is_binary);
  }
  return response;
}

}  // namespace

EntityServiceImpl::EntityServiceImpl(const ServiceOptions& options, WorkerPool& pool)
    : accepted_keys_(options.accepted_keys),
      message_(options.message),
      pool_(pool),
      record_(options.log),
      functions_(options, record_) {}

grpc::ServerUnaryReactor* EntityServiceImpl::FetchEntity(grpc::CallbackServerContext* context,
                                                         const v1::FetchEntityRequest* request,
                                                         v1::FetchEntityResponse* response) {
  auto call = FetchCall::Create(response);
  if (!HasKey(*context)) return Refuse(*call, record_.WrongKey());
  const std::string& entity = request->key().entity();
  if (!functions_.AnswersFor(entity)) return Refuse(*call, record_.NoFunction(entity));
  Submit(call, [this, question = ToContext(*request, call->cancelled()), call](size_t) {
    if (SkipCancelled(*call)) return;
    FetchResult result = functions_.Run(question);
    call->Finish(std::move(result.status), std::move(result.response));
  });
  return call.get();
}

grpc::ServerUnaryReactor* EntityServiceImpl::FetchEntities(grpc::CallbackServerContext* context,
                                                           const v1::FetchEntitiesRequest* request,
                                                           v1::FetchEntitiesResponse* response) {
  auto call = FetchBatch::Call::Create(response);
  if (!HasKey(*context)) return Refuse(*call, record_.WrongKey());
  const int items = request->items_size();
  if (items > kMaxItems) {
    return Refuse(*call, record_.TooManyItems(static_cast<size_t>(items), kMaxItems));
  }
  std::make_shared<FetchBatch>(call, functions_, record_)->Start(*request, pool_);
  return call.get();
}

grpc::ServerUnaryReactor* EntityServiceImpl::HandleMessage(grpc::CallbackServerContext* context,
                                                           const v1::HandleMessageRequest* request,
                                                           v1::HandleMessageResponse* response) {
  auto call = MessageCall::Create(response);
  if (!HasKey(*context)) return Refuse(*call, record_.WrongKey());
  if (!message_) return Refuse(*call, record_.NoMessages());
  ClientMessage message{request->secret(), request->connection(), request->data(),
                        request->is_binary()};
  Submit(call, [this, message = std::move(message), call](size_t) { RunMessage(message, *call); });
  return call.get();
}

bool EntityServiceImpl::HasKey(const grpc::CallbackServerContext& context) const {
  return accepted_keys_.empty() || HasBearerKey(context.client_metadata(), accepted_keys_);
}

void EntityServiceImpl::RunMessage(const ClientMessage& message, MessageCall& call) {
  if (SkipCancelled(call)) return;
  try {
    absl::StatusOr<std::vector<Reply>> replies = message_(message);
    record_.Ended(replies.ok());
    if (replies.ok()) {
      call.Finish(grpc::Status::OK, ToProto(*std::move(replies)));
    } else {
      call.Finish(ToGrpc(replies.status()));
    }
  } catch (...) {
    call.Finish(record_.Threw("the message function"));
  }
}

template <typename Call>
grpc::ServerUnaryReactor* EntityServiceImpl::Refuse(Call& call, grpc::Status status) {
  call.Finish(std::move(status));
  return &call;
}

template <typename Call>
void EntityServiceImpl::Submit(std::shared_ptr<Call> call, WorkerPool::Task task) {
  if (pool_.TrySubmit(std::move(task)) == 0) call->Finish(record_.NoRoom());
}

template <typename Call>
bool EntityServiceImpl::SkipCancelled(const Call& call) {
  if (!call.cancelled()->load(std::memory_order_relaxed)) return false;
  record_.Cancelled();
  return true;
}

}  // namespace entitysync::service
