#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "entitysync/v1/entity.grpc.pb.h"

namespace entitysync::bench {

// Answers a unary call with what it was sent: HandleMessage, whose request and reply both carry
// bytes. Its options are those of the gateway's front. Owned by the echo program; gRPC's threads
// call it.
class EchoServer final : public v1::EntityService::CallbackService {
 public:
  static absl::StatusOr<std::unique_ptr<EchoServer>> Start(const std::string& address);
  ~EchoServer() override;

  int port() const { return port_; }

  grpc::ServerUnaryReactor* HandleMessage(grpc::CallbackServerContext* context,
                                          const v1::HandleMessageRequest* request,
                                          v1::HandleMessageResponse* response) override;

 private:
  EchoServer() = default;

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace entitysync::bench
