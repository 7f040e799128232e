#include "bench/load/notify_stream.h"

#include <algorithm>

#include "bench/lib/clock.h"

namespace entitysync::bench {

NotifyStream::NotifyStream(const Gateways& gateways, Gateways::Stub& stub, CallCounter& calls)
    : gateways_(gateways), calls_(calls) {
  gateways_.Authorize(context_);
  stub.async()->NotifyChanges(&context_, this);
  AddHold();  // For writes begun by Send().
  StartRead(&response_);
  StartCall();
}

NotifyStream::~NotifyStream() {
  context_.TryCancel();
  RemoveHold();
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return is_done_; });
}

void NotifyStream::Send(std::span<const Changed> changes) {
  const int64_t now = MonotonicNs();
  const std::lock_guard lock(mutex_);
  if (is_done_) return calls_.End(0, false, "the stream has ended");
  v1::NotifyChangesRequest& request = unwritten_.emplace_back();
  gateways_.Add(changes, request);
  request.set_sequence(++last_sequence_);
  open_.push_back({last_sequence_, now});
  if (unwritten_.size() == 1) StartWrite(&request);
}

void NotifyStream::OnWriteDone(bool ok) {
  const std::lock_guard lock(mutex_);
  unwritten_.pop_front();
  if (ok && !unwritten_.empty()) StartWrite(&unwritten_.front());
}

void NotifyStream::OnReadDone(bool ok) {
  if (!ok) return;
  Settle(response_);
  StartRead(&response_);
}

void NotifyStream::Settle(const v1::NotifyChangesResponse& response) {
  const int64_t now = MonotonicNs();
  const auto failure_of = [&](uint64_t sequence) {
    return std::find_if(response.failures().begin(), response.failures().end(),
                        [&](const auto& failure) { return failure.sequence() == sequence; });
  };
  const std::lock_guard lock(mutex_);
  for (; !open_.empty() && open_.front().sequence <= response.acknowledged(); open_.pop_front()) {
    const auto failure = failure_of(open_.front().sequence);
    const bool ok = failure == response.failures().end();
    calls_.End(now - open_.front().began_ns, ok, ok ? "" : failure->message());
  }
}

void NotifyStream::OnDone(const grpc::Status& status) {
  const std::lock_guard lock(mutex_);
  for (const Open& open : open_) {
    calls_.End(MonotonicNs() - open.began_ns, false,
               status.ok() ? "the stream has ended" : status.error_message());
  }
  open_.clear();
  is_done_ = true;
  done_.notify_all();  // Under the lock: whoever waits is the destructor.
}

}  // namespace entitysync::bench
