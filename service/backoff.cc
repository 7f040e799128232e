#include "service/backoff.h"

#include <algorithm>

namespace entitysync::service {

Backoff::Backoff(std::chrono::milliseconds min, std::chrono::milliseconds max)
    : min_(min), max_(std::max(min, max)), ceiling_(min), random_(std::random_device()()) {}

std::chrono::milliseconds Backoff::Next() {
  std::uniform_int_distribution<int64_t> between(min_.count(), ceiling_.count());
  ceiling_ = std::min(max_, ceiling_ * 2);
  return std::chrono::milliseconds(between(random_));
}

}  // namespace entitysync::service
