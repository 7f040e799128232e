#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "entitysync/v1/gateway.grpc.pb.h"

namespace entitysync::testing {

// The gateway as an application's notifier sees it: a real gRPC server on a free port, answering as
// told. Threading: any thread. Its calls are kept until it ends.
class FakeGateway final : public v1::GatewayService::Service {
 public:
  struct Call {
    std::vector<v1::Change> changes;
    std::string authorization;
  };

  explicit FakeGateway(
      std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials()) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", credentials, &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }

  ~FakeGateway() override {
    Unblock();
    server_->Shutdown(std::chrono::system_clock::now());
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  // The next calls are answered so, one each; those after them OK.
  void AnswerNext(std::vector<grpc::Status> answers) {
    std::lock_guard lock(mutex_);
    answers_.insert(answers_.end(), answers.begin(), answers.end());
  }

  // Every call that holds this entity type is refused with `status`.
  void RefuseEntity(const std::string& entity, grpc::Status status) {
    std::lock_guard lock(mutex_);
    refused_entity_ = entity;
    refusal_ = std::move(status);
  }

  // Calls from now on are not answered before Unblock.
  void Block() {
    std::lock_guard lock(mutex_);
    blocked_ = true;
  }
  void Unblock() {
    std::lock_guard lock(mutex_);
    blocked_ = false;
    changed_.notify_all();
  }

  std::vector<Call> Calls() const {
    std::lock_guard lock(mutex_);
    return calls_;
  }

  // Waits until `count` calls came. False if they do not come.
  bool WaitForCalls(size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20),
                             [&] { return calls_.size() >= count; });
  }

 private:
  grpc::Status NotifyChange(grpc::ServerContext* context, const v1::NotifyChangeRequest* request,
                            v1::NotifyChangeResponse*) override {
    std::unique_lock lock(mutex_);
    Call call;
    call.changes.assign(request->changes().begin(), request->changes().end());
    const auto header = context->client_metadata().find("authorization");
    if (header != context->client_metadata().end()) {
      call.authorization.assign(header->second.data(), header->second.size());
    }
    calls_.push_back(std::move(call));
    changed_.notify_all();
    changed_.wait(lock, [this] { return !blocked_; });
    for (const v1::Change& change : request->changes()) {
      if (change.key().entity() == refused_entity_) return refusal_;
    }
    if (answers_.empty()) return grpc::Status::OK;
    grpc::Status answer = answers_.front();
    answers_.pop_front();
    return answer;
  }

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Call> calls_;
  std::deque<grpc::Status> answers_;
  std::string refused_entity_;
  grpc::Status refusal_;
  bool blocked_ = false;
};

}  // namespace entitysync::testing
