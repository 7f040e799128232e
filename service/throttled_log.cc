#include "service/throttled_log.h"

#include <utility>

namespace entitysync::service {

void ThrottledLog::Write(std::string line) {
  if (!log_) return;
  {
    std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (last_ && now - *last_ < std::chrono::seconds(1)) {
      ++left_out_;
      return;
    }
    last_ = now;
    const uint64_t left_out = std::exchange(left_out_, 0);
    if (left_out > 0) line += " (and " + std::to_string(left_out) + " like it before)";
  }
  log_(line);
}

}  // namespace entitysync::service
