#pragma once

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <memory>
#include <utility>

namespace entitysync::service {

// A call of a gateway that is answered later, from another thread.
//
// Purpose: makes sure that a call is finished once, by whoever is first: the function that answers
//   it, or its cancellation.
// Owner and lifetime: shared by gRPC (until OnDone) and the task that answers; what gRPC lent
//   (the response) is touched only by the winner, before it finishes the call.
// Threading: Finish from any thread.
// Limits: none. Errors: none.
template <typename Response>
class PendingCall final : public grpc::ServerUnaryReactor {
 public:
  static std::shared_ptr<PendingCall> Create(Response* response) {
    std::shared_ptr<PendingCall> call(new PendingCall(response));
    call->self_ = call;
    return call;
  }

  // Set when nobody waits for the answer any more.
  const std::shared_ptr<std::atomic<bool>>& cancelled() const { return cancelled_; }

  // False if the call was finished before; then nothing happens.
  bool Finish(grpc::Status status, Response response = {}) {
    if (finished_.exchange(true)) return false;
    *response_ = std::move(response);
    grpc::ServerUnaryReactor::Finish(std::move(status));
    return true;
  }

  void OnCancel() override {
    cancelled_->store(true, std::memory_order_relaxed);
    Finish(grpc::Status(grpc::StatusCode::CANCELLED, "cancelled"));
  }

  void OnDone() override { self_.reset(); }

 private:
  explicit PendingCall(Response* response) : response_(response) {}

  Response* const response_;
  const std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
  std::atomic<bool> finished_ = false;
  std::shared_ptr<PendingCall> self_;
};

}  // namespace entitysync::service
