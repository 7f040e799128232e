#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>

#include "bench/load/call_counter.h"
#include "bench/load/gateways.h"

namespace entitysync::bench {

// A NotifyChanges stream to one gateway, whose requests are counted as calls.
//
// Threading: Send() and the destructor by one thread; the rest is gRPC's. Limits: as many requests
// wait to be written as CallCounter lets begin. Errors: requests that the stream leaves unsettled
// when it ends are counted as failed, as are those sent after that.
class NotifyStream final
    : public grpc::ClientBidiReactor<v1::NotifyChangesRequest, v1::NotifyChangesResponse> {
 public:
  NotifyStream(const Gateways& gateways, Gateways::Stub& stub, CallCounter& calls);
  // Ends the stream and waits for that; everything has been settled, or never will be.
  ~NotifyStream() override;

  void Send(std::span<const Changed> changes);

 private:
  struct Open {
    uint64_t sequence = 0;
    int64_t began_ns = 0;
  };

  void OnWriteDone(bool ok) override;
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;
  void Settle(const v1::NotifyChangesResponse& response);

  const Gateways& gateways_;
  CallCounter& calls_;
  grpc::ClientContext context_;
  v1::NotifyChangesResponse response_;

  std::mutex mutex_;
  std::condition_variable done_;
  std::deque<v1::NotifyChangesRequest>
      unwritten_;               // Guarded by mutex_; the first is being written.
  std::deque<Open> open_;       // Guarded by mutex_: requests not settled.
  uint64_t last_sequence_ = 0;  // Guarded by mutex_.
  bool is_done_ = false;        // Guarded by mutex_.
};

}  // namespace entitysync::bench
