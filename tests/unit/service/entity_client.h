#pragma once

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <memory>
#include <string>
#include <vector>

#include "entitysync/v1/entity.grpc.pb.h"

namespace entitysync {

inline v1::FetchEntityRequest FetchRequest(const std::string& entity, const std::string& id,
                                           const std::string& secret = "") {
  v1::FetchEntityRequest request;
  request.mutable_key()->set_entity(entity);
  request.mutable_key()->set_id(id);
  request.set_secret(secret);
  return request;
}

// Calls a service as a gateway does. Calls block.
class EntityClient {
 public:
  explicit EntityClient(int port, std::shared_ptr<grpc::ChannelCredentials> credentials =
                                      grpc::InsecureChannelCredentials())
      : channel_(grpc::CreateChannel("localhost:" + std::to_string(port), credentials)),
        stub_(v1::EntityService::NewStub(channel_)) {}

  grpc::Status Fetch(const v1::FetchEntityRequest& request, v1::FetchEntityResponse& response) {
    grpc::ClientContext context;
    return Fetch(context, request, response);
  }
  grpc::Status Fetch(grpc::ClientContext& context, const v1::FetchEntityRequest& request,
                     v1::FetchEntityResponse& response) {
    Prepare(context);
    return stub_->FetchEntity(&context, request, &response);
  }
  grpc::StatusCode FetchCode(const std::string& entity, const std::string& id,
                             const std::string& secret) {
    v1::FetchEntityResponse response;
    return Fetch(FetchRequest(entity, id, secret), response).error_code();
  }

  grpc::Status FetchMany(const std::vector<v1::FetchEntityRequest>& items,
                         v1::FetchEntitiesResponse& response) {
    grpc::ClientContext context;
    return FetchMany(context, items, response);
  }
  grpc::Status FetchMany(grpc::ClientContext& context,
                         const std::vector<v1::FetchEntityRequest>& items,
                         v1::FetchEntitiesResponse& response) {
    Prepare(context);
    v1::FetchEntitiesRequest request;
    for (const v1::FetchEntityRequest& item : items) *request.add_items() = item;
    return stub_->FetchEntities(&context, request, &response);
  }

  grpc::Status Message(const std::string& data, const std::string& secret,
                       v1::HandleMessageResponse& response) {
    grpc::ClientContext context;
    Prepare(context);
    v1::HandleMessageRequest request;
    request.set_data(data);
    request.set_is_binary(true);
    request.set_secret(secret);
    request.set_connection("connection 1");
    return stub_->HandleMessage(&context, request, &response);
  }

  // Ask gRPC's own services, byte by byte: the distribution does not hold their protos.
  bool IsServing(const std::string& service);
  std::string ListServicesByReflection();

  std::string key;  // Sent as bearer key if not empty.
  bool wait_for_ready = true;

 private:
  std::string CallRaw(const std::string& method, const std::string& request);

  void Prepare(grpc::ClientContext& context) const {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    context.set_wait_for_ready(wait_for_ready);
    if (!key.empty()) context.AddMetadata("authorization", "Bearer " + key);
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::EntityService::Stub> stub_;
};

}  // namespace entitysync
