#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "entitysync/entity.h"

namespace entitysync::service {

// Writes one kind of warning at most once a second and says how many it left out, so that a fault
// that repeats does not flood the log.
//
// Owner and lifetime: whoever warns. Threading: any thread. Limits: one line per second.
// Errors: none.
class ThrottledLog {
 public:
  explicit ThrottledLog(LogFunction log) : log_(std::move(log)) {}

  void Write(std::string line);

 private:
  const LogFunction log_;
  std::mutex mutex_;
  std::optional<std::chrono::steady_clock::time_point> last_;
  uint64_t left_out_ = 0;
};

}  // namespace entitysync::service
