#include "bench/echo/echo_server.h"

#include <absl/strings/str_cat.h>

#include <chrono>

namespace entitysync::bench {

absl::StatusOr<std::unique_ptr<EchoServer>> EchoServer::Start(const std::string& address) {
  std::unique_ptr<EchoServer> echo(new EchoServer);
  grpc::ServerBuilder builder;
  // As gateway/front, as far as it bears on calls.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 9'000);
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &echo->port_);
  builder.RegisterService(echo.get());
  echo->server_ = builder.BuildAndStart();
  if (echo->server_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot serve at ", address, ": choose a free port, or port 0"));
  }
  return echo;
}

EchoServer::~EchoServer() {
  if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
}

grpc::ServerUnaryReactor* EchoServer::HandleMessage(grpc::CallbackServerContext* context,
                                                    const v1::HandleMessageRequest* request,
                                                    v1::HandleMessageResponse* response) {
  response->add_replies()->set_data(request->data());
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace entitysync::bench
