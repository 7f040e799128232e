#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "tests/unit/front/front_fixture.h"

namespace entitysync::front {

// A producer's end of a stream. Nothing it does takes longer than a test's patience.
class ProducerStream {
 public:
  explicit ProducerStream(v1::GatewayService::Stub& stub, const std::string& key = "") {
    context_.set_deadline(std::chrono::system_clock::now() + testing::kTestPatience);
    if (!key.empty()) context_.AddMetadata("authorization", "Bearer " + key);
    stream_ = stub.NotifyChanges(&context_);
  }

  // A request about these ids. False: the stream has ended.
  bool Send(uint64_t sequence, std::initializer_list<std::string> ids,
            const std::string& entity = "items") {
    v1::NotifyChangesRequest request;
    request.set_sequence(sequence);
    for (const std::string& id : ids) {
      v1::EntityKey& key = *request.add_changes()->mutable_key();
      key.set_entity(entity);
      key.set_id(id);
    }
    return Send(request);
  }
  bool Send(const v1::NotifyChangesRequest& request) { return stream_->Write(request); }

  // The next response; nothing once the stream has ended.
  std::optional<v1::NotifyChangesResponse> Next() {
    v1::NotifyChangesResponse response;
    if (!stream_->Read(&response)) return std::nullopt;
    ++responses_;
    acknowledged_ = response.acknowledged();
    for (const v1::NotifyChangesFailure& failure : response.failures()) {
      failures_.push_back(failure);
    }
    return response;
  }

  // Reads until all up to here are settled. False: the stream ended before.
  bool Acknowledged(uint64_t sequence) {
    while (acknowledged_ < sequence) {
      if (!Next()) return false;
    }
    return acknowledged_ == sequence;
  }

  // Closes this side, or lets the gateway end it, and reads to the end.
  grpc::Status Close() {
    stream_->WritesDone();
    return AwaitEnd();
  }
  grpc::Status AwaitEnd() {
    while (Next()) {
    }
    return stream_->Finish();
  }

  grpc::ClientContext& context() { return context_; }
  uint64_t acknowledged() const { return acknowledged_; }
  size_t responses() const { return responses_; }
  // All that failed so far.
  const std::vector<v1::NotifyChangesFailure>& failures() const { return failures_; }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::NotifyChangesRequest, v1::NotifyChangesResponse>>
      stream_;
  uint64_t acknowledged_ = 0;
  size_t responses_ = 0;
  std::vector<v1::NotifyChangesFailure> failures_;
};

class NotifyStreamTest : public FrontTest {
 protected:
  ProducerStream Open(const std::string& key = "") { return ProducerStream(*stub_, key); }
};

}  // namespace entitysync::front
