#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace entitysync::service {

// Waiting times between retries: random between the minimum and a ceiling that doubles ("full
// jitter", with a floor so that a retry is never immediate). For one thread.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds min, std::chrono::milliseconds max);

  std::chrono::milliseconds Next();

  // Begins anew.
  void Reset() { ceiling_ = min_; }

 private:
  std::chrono::milliseconds min_;
  std::chrono::milliseconds max_;
  std::chrono::milliseconds ceiling_;
  std::minstd_rand random_;
};

}  // namespace entitysync::service
