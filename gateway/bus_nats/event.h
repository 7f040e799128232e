#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace entitysync::bus_nats {

// A flag that threads can wait for. Once set it stays set. Threading: any.
class Event {
 public:
  void Set() {
    const std::lock_guard lock(mutex_);
    set_ = true;
    changed_.notify_all();
  }

  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return set_; });
  }

  // Whether it was set within `bound`.
  bool WaitFor(std::chrono::nanoseconds bound) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, bound, [this] { return set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;  // Guarded by mutex_.
};

}  // namespace entitysync::bus_nats
