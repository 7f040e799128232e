#include "entitysync/gateway/publish_queue.h"

#include <utility>

namespace entitysync::bus {

PublishQueue::PublishQueue(Limits limits, Send send)
    : limits_(limits), send_(std::move(send)), thread_([this] { Run(); }) {}

PublishQueue::~PublishQueue() { Stop(std::chrono::nanoseconds(0)); }

absl::Status PublishQueue::Push(std::string_view subject, std::string_view payload,
                                uint64_t connection) {
  // Copied before the lock is taken: the queue's thread should wait for pointers, not for bytes.
  Message message{std::string(subject), std::string(payload), connection};
  const size_t size = subject.size() + payload.size();
  {
    const std::lock_guard lock(mutex_);
    if (!accepting_) return absl::UnavailableError("the bus link is stopping");
    if (messages_ >= limits_.max_messages || bytes_ + size > limits_.max_bytes) {
      return absl::UnavailableError("the bus link's publish queue is full; retry later");
    }
    waiting_.push_back(std::move(message));
    ++messages_;
    bytes_ += size;
  }
  changed_.notify_all();
  return absl::OkStatus();
}

void PublishQueue::Stop(std::chrono::nanoseconds drain) {
  if (!thread_.joinable()) return;
  {
    std::unique_lock lock(mutex_);
    accepting_ = false;
    changed_.wait_for(lock, drain, [this] { return messages_ == 0; });
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void PublishQueue::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const Message message = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    send_(message);
    lock.lock();
    --messages_;
    bytes_ -= message.subject.size() + message.payload.size();
    if (messages_ == 0) changed_.notify_all();
  }
}

}  // namespace entitysync::bus
