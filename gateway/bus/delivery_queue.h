#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace entitysync::bus {

// What may wait for a listener before messages are thrown away.
struct DeliveryLimits {
  size_t max_messages = 65'536;
  size_t max_bytes = 128 * 1024 * 1024;
};

// The receiving half of a link: messages on their way from whatever thread heard them to the one
// thread of the link that calls the listener. One thread per link keeps the order across subjects
// and keeps a slow listener from holding up the links beside it.
//
// Owner and lifetime: shared by the link and whoever pushes.
// Threading: any thread pushes and wakes; one thread waits.
// Limits: items and bytes, those of the batch in hand included. What does not fit is thrown
//   away and counted, and the count comes with the next batch: nothing is lost silently.
// Errors: none.
template <typename Item>
class DeliveryQueue {
 public:
  using Limits = DeliveryLimits;

  struct Batch {
    std::vector<Item> items;
    uint64_t dropped = 0;  // Thrown away since the batch before.
  };

  explicit DeliveryQueue(Limits limits) : limits_(limits) {}

  // Returns false, and counts, if there is no room or the queue is closed.
  bool Push(Item item, size_t bytes);

  // Counts messages that were thrown away before they got here.
  void CountDropped(uint64_t count) {
    const std::lock_guard lock(mutex_);
    dropped_ += count;
    changed_.notify_one();
  }

  // Lets Wait return although there may be no message.
  void Wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_one();
  }

  // From now on Push refuses and Wait returns false.
  void Close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_one();
  }

  bool IsClosed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

  // Waits for messages, a wake or `timeout`, and puts all that is there into `batch`, whose former
  // items are destroyed. Returns false once the queue is closed.
  bool Wait(Batch& batch, std::chrono::nanoseconds timeout) {
    batch.items.clear();
    std::unique_lock lock(mutex_);
    bytes_ -= bytes_in_hand_;
    items_in_hand_ = bytes_in_hand_ = 0;
    changed_.wait_for(lock, timeout,
                      [this] { return closed_ || woken_ || dropped_ != 0 || !waiting_.empty(); });
    woken_ = false;
    batch.items.swap(waiting_);
    batch.dropped = std::exchange(dropped_, 0);
    items_in_hand_ = batch.items.size();
    bytes_in_hand_ = bytes_;
    return !closed_;
  }

 private:
  const Limits limits_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Item> waiting_;  // Guarded by mutex_, as all below.
  size_t bytes_ = 0;           // Waiting and in hand.
  size_t items_in_hand_ = 0;
  size_t bytes_in_hand_ = 0;
  uint64_t dropped_ = 0;
  bool woken_ = false;
  bool closed_ = false;
};

template <typename Item>
bool DeliveryQueue<Item>::Push(Item item, size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  const bool fits = waiting_.size() + items_in_hand_ < limits_.max_messages &&
                    bytes_ + bytes <= limits_.max_bytes;
  if (fits) {
    waiting_.push_back(std::move(item));
    bytes_ += bytes;
  } else {
    ++dropped_;
  }
  changed_.notify_one();
  return fits;
}

}  // namespace entitysync::bus
