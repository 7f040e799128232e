#pragma once

#include <absl/status/statusor.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bench/load/publisher.h"
#include "entitysync/v1/gateway.grpc.pb.h"

namespace entitysync::bench {

// Calls NotifyChange of gateways, in turn, as an application would.
//
// Limits: 1,000 calls in flight, beyond which Notify waits. Errors: failed calls are counted and
// not repeated; the first one's message is kept.
class GrpcPublisher final : public Publisher {
 public:
  struct Options {
    std::vector<std::string> targets;  // "127.0.0.1:PORT"
    std::string bearer;                // Empty: none.
    bool versioned = true;             // Changes carry the key's number as their version.
  };

  // Fails if a gateway cannot be reached.
  static absl::StatusOr<std::unique_ptr<Publisher>> Connect(Options options);
  ~GrpcPublisher() override;

  absl::Status Prepare(uint64_t) override {
    return absl::OkStatus();
  }  // Gateways do not tell here.
  void Notify(std::span<const Changed> changes) override;
  bool WaitUnanswered(uint64_t most, int64_t deadline_ns) override;
  PublisherCounts Counts() override;
  void ClearCounts() override;

 private:
  struct Call;

  explicit GrpcPublisher(Options options) : options_(std::move(options)) {}
  void Answered(const Call& call, const grpc::Status& status);

  const Options options_;
  std::vector<std::unique_ptr<v1::GatewayService::Stub>> stubs_;
  size_t turn_ = 0;

  std::mutex mutex_;
  std::condition_variable answered_;
  uint64_t unanswered_ = 0;  // Guarded by mutex_.
  uint64_t wanted_ = 0;     // Guarded by mutex_: what somebody waits for unanswered_ to go down to.
  PublisherCounts counts_;  // Guarded by mutex_.
};

}  // namespace entitysync::bench
