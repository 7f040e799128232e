#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "entitysync/v1/gateway.grpc.pb.h"
#include "service/channel.h"

namespace entitysync::service {

// One stream of NotifyChanges.
//
// Purpose: as gateway.proto describes it: any number of requests under way, answers that count.
// Owner and lifetime, errors: as Channel.
// Threading: Channel's; reactions come on gRPC's threads.
// Limits: kLimits.
class StreamChannel final
    : public Channel,
      private grpc::ClientBidiReactor<v1::NotifyChangesRequest, v1::NotifyChangesResponse> {
 public:
  // A gateway takes as many changes that are not acknowledged (its default).
  static constexpr Limits kLimits{.changes_per_request = 1'000,
                                  .changes_under_way = 10'000,
                                  .gather = std::chrono::milliseconds(1)};

  // Opens it. `authorization`: the metadata, empty for none. `stub` and `listener` outlive it.
  StreamChannel(v1::GatewayService::Stub& stub, const std::string& authorization,
                ChannelListener& listener);
  ~StreamChannel() override;

  Limits limits() const override { return kLimits; }
  bool IsFree() const override;
  void Send(uint64_t sequence, std::span<const Change> changes) override;

 private:
  void OnWriteDone(bool ok) override;
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;
  // gRPC may end the call once it is over and nobody is about to start a write.
  void LetGoIfOver(std::unique_lock<std::mutex> lock);

  ChannelListener& listener_;
  grpc::ClientContext context_;
  v1::NotifyChangesRequest request_;    // Of the write under way.
  v1::NotifyChangesResponse response_;  // Of the read under way.

  mutable std::mutex mutex_;
  std::condition_variable ended_;
  bool is_writing_ = false;
  bool is_starting_ = false;  // A write.
  bool is_over_ = false;      // There is nothing more to read.
  bool is_done_ = false;
};

}  // namespace entitysync::service
