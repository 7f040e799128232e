#include "service/stream_channel.h"

#include <utility>

#include "service/requests.h"
#include "service/status.h"

namespace entitysync::service {

StreamChannel::StreamChannel(v1::GatewayService::Stub& stub, const std::string& authorization,
                             ChannelListener& listener)
    : listener_(listener) {
  if (!authorization.empty()) context_.AddMetadata("authorization", authorization);
  stub.async()->NotifyChanges(&context_, this);
  AddHold();  // Writes are started from outside of reactions.
  StartRead(&response_);
  StartCall();
}

StreamChannel::~StreamChannel() {
  context_.TryCancel();
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return is_done_; });
}

bool StreamChannel::IsFree() const {
  std::lock_guard lock(mutex_);
  return !is_writing_ && !is_over_;
}

void StreamChannel::Send(uint64_t sequence, std::span<const Change> changes) {
  {
    std::lock_guard lock(mutex_);
    if (is_over_) return;
    is_writing_ = is_starting_ = true;
  }
  request_.Clear();
  request_.set_sequence(sequence);
  AddChanges(changes, *request_.mutable_changes());
  StartWrite(&request_);
  std::unique_lock lock(mutex_);
  is_starting_ = false;
  LetGoIfOver(std::move(lock));
}

void StreamChannel::OnWriteDone(bool ok) {
  {
    std::lock_guard lock(mutex_);
    is_writing_ = false;
  }
  if (ok) listener_.OnFree();
}

void StreamChannel::OnReadDone(bool ok) {
  if (!ok) {
    std::unique_lock lock(mutex_);
    is_over_ = true;
    return LetGoIfOver(std::move(lock));
  }
  std::vector<Failure> failures;
  for (const v1::NotifyChangesFailure& failure : response_.failures()) {
    failures.push_back({.sequence = failure.sequence(), .status = StatusOf(failure)});
  }
  listener_.OnSettled(response_.acknowledged(), std::move(failures));
  StartRead(&response_);
}

void StreamChannel::OnDone(const grpc::Status& status) {
  listener_.OnEnded(FromGrpc(status));
  // The last touch: who waits destroys this.
  std::lock_guard lock(mutex_);
  is_done_ = true;
  ended_.notify_all();
}

void StreamChannel::LetGoIfOver(std::unique_lock<std::mutex> lock) {
  const bool may_let_go = is_over_ && !is_starting_;
  lock.unlock();
  if (may_let_go) RemoveHold();
}

}  // namespace entitysync::service
