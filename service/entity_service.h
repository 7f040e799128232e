#pragma once

#include <atomic>
#include <string>
#include <utility>

#include "entitysync/service.h"
#include "entitysync/v1/entity.grpc.pb.h"
#include "service/pending_call.h"
#include "service/throttled_log.h"
#include "service/worker_pool.h"

namespace entitysync::service {

// EntityService over the application's functions.
//
// Purpose: checks each call on gRPC's thread, runs the application's function on the pool, turns
//   what it says into the contract's messages.
// Owner and lifetime: the service; outlives the gRPC server it is registered with, and the pool
//   outlives it.
// Threading: gRPC's threads call; they never block. The pool's threads answer.
// Limits: the pool's; a call on top is answered UNAVAILABLE.
// Errors: a missing or wrong key is INVALID_ARGUMENT: the contract gives UNAUTHENTICATED to
//   viewers, and a gateway would take it as final. Exceptions become INTERNAL without their text.
class EntityServiceImpl final : public v1::EntityService::CallbackService {
 public:
  // Of `options` only the keys and functions are used.
  EntityServiceImpl(const ServiceOptions& options, WorkerPool& pool);

  grpc::ServerUnaryReactor* FetchEntity(grpc::CallbackServerContext* context,
                                        const v1::FetchEntityRequest* request,
                                        v1::FetchEntityResponse* response) override;
  grpc::ServerUnaryReactor* HandleMessage(grpc::CallbackServerContext* context,
                                          const v1::HandleMessageRequest* request,
                                          v1::HandleMessageResponse* response) override;

  // Fills in the counters of calls.
  void AddTo(ServiceStats& stats) const;

 private:
  using FetchCall = PendingCall<v1::FetchEntityResponse>;
  using MessageCall = PendingCall<v1::HandleMessageResponse>;

  grpc::Status CheckKey(const grpc::CallbackServerContext& context);
  const FetchFunction* FunctionFor(const std::string& entity) const;
  void RunFetch(const FetchFunction& function, const FetchContext& context, FetchCall& call);
  void RunMessage(const ClientMessage& message, MessageCall& call);
  template <typename Call>
  grpc::ServerUnaryReactor* Refuse(Call& call, grpc::Status status);
  template <typename Call>
  void Submit(std::shared_ptr<Call> call, WorkerPool::Task task);
  template <typename Call>
  bool SkipCancelled(const Call& call);
  grpc::Status Threw(const std::string& which);

  const std::vector<std::string> accepted_keys_;
  const std::map<std::string, FetchFunction> fetch_;
  const FetchFunction default_fetch_;
  const MessageFunction message_;
  WorkerPool& pool_;
  ThrottledLog key_log_;
  ThrottledLog type_log_;
  ThrottledLog exception_log_;
  ThrottledLog full_log_;
  std::atomic<uint64_t> answered_ = 0;
  std::atomic<uint64_t> failed_ = 0;
  std::atomic<uint64_t> refused_ = 0;
  std::atomic<uint64_t> cancelled_ = 0;
};

}  // namespace entitysync::service
