#pragma once

#include <memory>
#include <string>
#include <vector>

#include "entitysync/service.h"
#include "entitysync/v1/entity.grpc.pb.h"
#include "service/call_record.h"
#include "service/fetch_functions.h"
#include "service/pending_call.h"
#include "service/worker_pool.h"

namespace entitysync::service {

// EntityService over the application's functions.
//
// Purpose: checks each call on gRPC's thread, runs the application's functions on the pool, turns
//   what they say into the contract's messages.
// Owner and lifetime: the service; outlives the gRPC server it is registered with, and the pool
//   outlives it.
// Threading: gRPC's threads call; they never block. The pool's threads answer.
// Limits: the pool's; a call, or an item of a batch, on top is answered UNAVAILABLE.
// Errors: a missing or wrong key is INVALID_ARGUMENT: the contract gives UNAUTHENTICATED to
//   viewers, and a gateway would take it as final. Exceptions become INTERNAL without their text.
class EntityServiceImpl final : public v1::EntityService::CallbackService {
 public:
  // Of `options` only the keys and functions are used.
  EntityServiceImpl(const ServiceOptions& options, WorkerPool& pool);

  grpc::ServerUnaryReactor* FetchEntity(grpc::CallbackServerContext* context,
                                        const v1::FetchEntityRequest* request,
                                        v1::FetchEntityResponse* response) override;
  grpc::ServerUnaryReactor* FetchEntities(grpc::CallbackServerContext* context,
                                          const v1::FetchEntitiesRequest* request,
                                          v1::FetchEntitiesResponse* response) override;
  grpc::ServerUnaryReactor* HandleMessage(grpc::CallbackServerContext* context,
                                          const v1::HandleMessageRequest* request,
                                          v1::HandleMessageResponse* response) override;

  // Fills in the counters of calls.
  void AddTo(ServiceStats& stats) const { record_.AddTo(stats); }

 private:
  using FetchCall = PendingCall<v1::FetchEntityResponse>;
  using MessageCall = PendingCall<v1::HandleMessageResponse>;

  bool HasKey(const grpc::CallbackServerContext& context) const;
  void RunMessage(const ClientMessage& message, MessageCall& call);
  template <typename Call>
  grpc::ServerUnaryReactor* Refuse(Call& call, grpc::Status status);
  template <typename Call>
  void Submit(std::shared_ptr<Call> call, WorkerPool::Task task);
  template <typename Call>
  bool SkipCancelled(const Call& call);

  const std::vector<std::string> accepted_keys_;
  const MessageFunction message_;
  WorkerPool& pool_;
  CallRecord record_;
  FetchFunctions functions_;
};

}  // namespace entitysync::service
