#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "entitysync/v1/gateway.grpc.pb.h"
#include "gateway/front/front_server.h"
#include "tests/testing/grpc_publisher.h"

namespace entitysync::front {

// A front on a free port of loopback, over a fake publisher, and ways to call it.
class FrontTest : public ::testing::Test {
 protected:
  struct RawAnswer {
    grpc::Status status;
    std::string message;  // Undecoded; empty if none came.
  };

  static FrontOptions Loopback() {
    FrontOptions options;
    options.listen = "127.0.0.1:0";
    return options;
  }

  absl::Status Start(FrontOptions options = Loopback()) {
    options_ = options;
    front_ = std::make_unique<FrontServer>(
        std::move(options), publisher_, [](std::string_view entity) { return entity != "unknown"; },
        metrics_, base::NullLogger());
    const absl::Status status = front_->Start();
    if (status.ok()) Connect(grpc::InsecureChannelCredentials());
    return status;
  }

  void Connect(const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    // Not shared with channels of other tests that had the same port.
    grpc::ChannelArguments args;
    args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    channel_ = grpc::CreateCustomChannel("ipv4:127.0.0.1:" + std::to_string(front_->port()),
                                         credentials, args);
    stub_ = v1::GatewayService::NewStub(channel_);
  }

  static v1::NotifyChangeRequest RequestFor(const std::string& entity, const std::string& id) {
    v1::NotifyChangeRequest request;
    v1::EntityKey& key = *request.add_changes()->mutable_key();
    key.set_entity(entity);
    key.set_id(id);
    return request;
  }

  grpc::Status Notify(const v1::NotifyChangeRequest& request = RequestFor("items", "1")) {
    grpc::ClientContext context;
    return Notify(context, request);
  }

  grpc::Status Notify(grpc::ClientContext& context,
                      const v1::NotifyChangeRequest& request = RequestFor("items", "1")) {
    v1::NotifyChangeResponse response;
    return stub_->NotifyChange(&context, request, &response);
  }

  // A call whose end the test waits for elsewhere. `context` outlives it.
  std::future<grpc::Status> NotifyLater(grpc::ClientContext& context) {
    return std::async(std::launch::async, [this, &context] { return Notify(context); });
  }

  // One message to any method, unary or streaming, and the first that comes back.
  RawAnswer CallRaw(const std::string& method, const std::string& bytes) {
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    grpc::GenericStub generic(channel_);
    const auto stream = generic.PrepareCall(&context, method, &queue);
    const auto next = [&queue] {
      void* tag = nullptr;
      bool ok = false;
      return queue.Next(&tag, &ok) && ok;
    };
    RawAnswer answer;
    stream->StartCall(nullptr);
    bool ok = next();
    const grpc::Slice slice(bytes);
    if (ok) {
      stream->WriteLast(grpc::ByteBuffer(&slice, 1), {}, nullptr);
      ok = next();
    }
    grpc::ByteBuffer read;
    stream->Read(&read, nullptr);
    if (next()) {
      grpc::Slice whole;
      if (read.DumpToSingleSlice(&whole).ok()) {
        answer.message.assign(reinterpret_cast<const char*>(whole.begin()), whole.size());
      }
    }
    stream->Finish(&answer.status, nullptr);
    next();
    return answer;
  }

  testing::FakePublisher publisher_;
  prometheus::Registry registry_;
  metrics::FrontMetrics metrics_{registry_};
  FrontOptions options_;
  std::unique_ptr<FrontServer> front_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::GatewayService::Stub> stub_;
};

inline grpc::Status AwaitStatus(std::future<grpc::Status>& status) {
  if (status.wait_for(testing::kTestPatience) != std::future_status::ready) {
    ADD_FAILURE() << "the call did not end";
    std::abort();
  }
  return status.get();
}

}  // namespace entitysync::front
