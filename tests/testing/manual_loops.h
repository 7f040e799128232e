#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "gateway/base/executor.h"
#include "gateway/base/random.h"

namespace entitysync::testing {

// Any number of event loops in one thread and in manual time, for tests: nothing runs until the
// test says so, and the seed decides which ready loop goes next.
//
// Purpose: the real core under a clock and a scheduler that a seed decides.
// Owner and lifetime: the test; outlives what runs on the loops. Tasks still queued at the end (or
//   at Remove) are destroyed without being run, as by AsioLoop.
// Threading: one thread.
// Limits: RunReady gives up (asserts) on loops that never come to rest.
class ManualLoops {
 public:
  // In which order a loop takes what was posted to it.
  enum class Order : uint8_t {
    kPosted,    // As posted, everything that waits in one turn.
    kAnyLegal,  // Posts of one loop to one other keep their order; those of several loops at the
                // same time mix in any way, and a turn may end before the queue does. The seed
                // decides.
  };

  explicit ManualLoops(uint64_t seed = 1, Order order = Order::kPosted);
  ~ManualLoops();

  base::Executor& Add();
  // Forgets a loop and all that waits on it. Not while it runs.
  void Remove(base::Executor& loop);
  // The loop runs nothing for this long, as a thread that gets no processor.
  void Freeze(base::Executor& loop, base::Duration span);

  base::TimePoint Now() const { return now_; }

  // Runs turns of ready loops until none is ready.
  void RunReady();

  // Moves time on, running each timer at its time and what follows from it.
  void Advance(base::Duration by);

 private:
  class Loop;

  bool RunOne();
  // When the next loop becomes ready; TimePoint::max() if none will.
  base::TimePoint NextReady() const;

  base::Random random_;
  const Order order_;
  base::TimePoint now_{std::chrono::hours(1)};
  base::TimerId last_timer_ = base::kNoTimer;
  const Loop* current_ = nullptr;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<Loop*> ready_;  // Kept for its capacity.
};

}  // namespace entitysync::testing
