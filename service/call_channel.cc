#include "service/call_channel.h"

#include <utility>

namespace entitysync::service {

CallChannel::~CallChannel() {
  if (call_) call_->context.TryCancel();
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return answering_ == 0; });
}

bool CallChannel::IsFree() const {
  std::lock_guard lock(mutex_);
  return is_free_;
}

void CallChannel::Send(uint64_t sequence, std::span<const Change> changes) {
  {
    std::lock_guard lock(mutex_);
    is_free_ = false;
    ++answering_;
  }
  call_.emplace();
  client_.Start(*call_, changes, timeout_,
                [this, sequence](absl::Status status) { OnAnswer(sequence, std::move(status)); });
}

void CallChannel::OnAnswer(uint64_t sequence, absl::Status status) {
  std::vector<Failure> failures;
  if (!status.ok()) failures.push_back({.sequence = sequence, .status = std::move(status)});
  // Before the next request is let in, whose answer would acknowledge this one as well.
  listener_.OnSettled(sequence, std::move(failures));
  {
    std::lock_guard lock(mutex_);
    is_free_ = true;
  }
  listener_.OnFree();
  // The last touch: who waits destroys this.
  std::lock_guard lock(mutex_);
  --answering_;
  ended_.notify_all();
}

}  // namespace entitysync::service
