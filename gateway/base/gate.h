#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "gateway/base/time.h"

namespace entitysync::base {

// Something that one thread waits for and another makes happen, once. Any thread.
class Gate {
 public:
  void Open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    opened_.notify_all();
  }

  void Wait() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [this] { return is_open_; });
  }

  // Whether it opened within `bound`.
  bool WaitFor(Duration bound) {
    std::unique_lock lock(mutex_);
    return opened_.wait_for(lock, bound, [this] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool is_open_ = false;
};

}  // namespace entitysync::base
