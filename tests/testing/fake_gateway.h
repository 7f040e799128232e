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
    bool on_stream = false;
  };

  // Whether it has NotifyChanges; else that is UNIMPLEMENTED.
  enum class Streams { kNo, kYes };

  explicit FakeGateway(
      std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials(),
      Streams streams = Streams::kNo)
      : has_streams_(streams == Streams::kYes) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", credentials, &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }

  ~FakeGateway() override {
    Unblock();
    server_->Shutdown(std::chrono::system_clock::now());
  }

  uint16_t port() const { return static_cast<uint16_t>(port_); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  // The next calls, or requests of streams, are answered so, one each; those after them OK.
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

  // What streams do. By default they answer each request by itself.
  enum class OnStream {
    kAnswer,
    kSilent,      // Take requests and say nothing.
    kSilentOnce,  // Say nothing to the next request, and answer later ones.
    kRefuse,      // End at once with RESOURCE_EXHAUSTED.
    kBreak,       // End with UNAVAILABLE when the next request has come, and answer later ones.
    kCount,       // Answer every second request, for both.
  };
  void SetStreams(OnStream behaviour) {
    std::lock_guard lock(mutex_);
    on_stream_ = behaviour;
  }

  // How many streams were opened.
  size_t OpenedStreams() const {
    std::lock_guard lock(mutex_);
    return streams_;
  }

  // Calls, and requests of streams.
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
  using Changes = google::protobuf::RepeatedPtrField<v1::Change>;

  grpc::Status NotifyChange(grpc::ServerContext* context, const v1::NotifyChangeRequest* request,
                            v1::NotifyChangeResponse*) override {
    return Take(*context, request->changes(), false);
  }

  grpc::Status NotifyChanges(grpc::ServerContext* context,
                             grpc::ServerReaderWriter<v1::NotifyChangesResponse,
                                                      v1::NotifyChangesRequest>* stream) override {
    if (!has_streams_) return {grpc::StatusCode::UNIMPLEMENTED, "an earlier release"};
    {
      std::lock_guard lock(mutex_);
      ++streams_;
    }
    if (Behaviour() == OnStream::kRefuse) {
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, "too many streams"};
    }
    v1::NotifyChangesRequest request;
    v1::NotifyChangesResponse response;
    for (int count = 1; stream->Read(&request); ++count) {
      const OnStream behaviour = Behaviour();
      const grpc::Status status = Take(*context, request.changes(), true);
      if (behaviour == OnStream::kBreak) {
        SetStreams(OnStream::kAnswer);
        return {grpc::StatusCode::UNAVAILABLE, "go elsewhere"};
      }
      response.set_acknowledged(request.sequence());
      if (!status.ok()) {
        v1::NotifyChangesFailure& failure = *response.add_failures();
        failure.set_sequence(request.sequence());
        failure.set_code(status.error_code());
        failure.set_message(status.error_message());
      }
      if (behaviour == OnStream::kSilentOnce) SetStreams(OnStream::kAnswer);
      if (behaviour == OnStream::kSilent || behaviour == OnStream::kSilentOnce) continue;
      if (behaviour == OnStream::kCount && count % 2 == 1) continue;
      stream->Write(response);
      response.Clear();
    }
    return grpc::Status::OK;
  }

  OnStream Behaviour() const {
    std::lock_guard lock(mutex_);
    return on_stream_;
  }

  grpc::Status Take(const grpc::ServerContext& context, const Changes& changes, bool on_stream) {
    std::unique_lock lock(mutex_);
    Call call;
    call.on_stream = on_stream;
    call.changes.assign(changes.begin(), changes.end());
    const auto header = context.client_metadata().find("authorization");
    if (header != context.client_metadata().end()) {
      call.authorization.assign(header->second.data(), header->second.size());
    }
    calls_.push_back(std::move(call));
    changed_.notify_all();
    changed_.wait(lock, [this] { return !blocked_; });
    for (const v1::Change& change : changes) {
      if (change.key().entity() == refused_entity_) return refusal_;
    }
    if (answers_.empty()) return grpc::Status::OK;
    grpc::Status answer = answers_.front();
    answers_.pop_front();
    return answer;
  }

  const bool has_streams_;
  OnStream on_stream_ = OnStream::kAnswer;
  size_t streams_ = 0;
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
