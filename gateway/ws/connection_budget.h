#pragma once

#include <atomic>
#include <cstddef>

namespace entitysync::ws {

// How many connections a replica holds and may hold, over all its workers.
//
// Owner and lifetime: shared by the Server and its workers. Threading: any thread.
// Limits: `max`. Errors: TryAcquire says no.
class ConnectionBudget {
 public:
  explicit ConnectionBudget(size_t max) : max_(max) {}

  bool TryAcquire() {
    if (open_.fetch_add(1, std::memory_order_relaxed) < max_) return true;
    open_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  void Release() { open_.fetch_sub(1, std::memory_order_relaxed); }

  size_t open() const { return open_.load(std::memory_order_relaxed); }

 private:
  const size_t max_;
  std::atomic<size_t> open_{0};
};

}  // namespace entitysync::ws
