#pragma once

#include <atomic>
#include <cstddef>
#include <utility>
#include <vector>

#include "gateway/changelog/change_publisher.h"

namespace entitysync::changelog {

// Bytes counted in a total as long as this lives.
class Reservation {
 public:
  Reservation() = default;
  // `total` outlives this.
  Reservation(std::atomic<size_t>& total, size_t bytes) : total_(&total), bytes_(bytes) {
    total += bytes;
  }
  Reservation(Reservation&& other) noexcept
      : total_(std::exchange(other.total_, nullptr)), bytes_(other.bytes_) {}
  Reservation& operator=(Reservation&& other) noexcept {
    std::swap(total_, other.total_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Reservation() {
    if (total_ != nullptr) *total_ -= bytes_;
  }

 private:
  std::atomic<size_t>* total_ = nullptr;
  size_t bytes_ = 0;
};

// Changes on their way to the bus, and who waits for them.
struct Submission {
  std::vector<Change> changes;  // Possibly none: then only the round trip counts.
  base::TimePoint deadline;     // TimePoint::max(): none.
  PublishDone done;
  Reservation reservation;  // Their memory.
};

}  // namespace entitysync::changelog
