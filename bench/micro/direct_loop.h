#pragma once

#include <utility>
#include <vector>

#include "gateway/base/executor.h"

namespace entitysync::bench {

// An event loop that costs next to nothing: Run() runs what was posted, in the caller's thread.
// Time stands still and timers never run. Owned by a benchmark.
class DirectLoop final : public base::Executor {
 public:
  void Post(base::Task task) override { posted_.push_back(std::move(task)); }
  bool IsCurrent() const override { return true; }
  base::TimePoint Now() const override { return now_; }
  base::TimerId After(base::Duration, base::Task) override { return ++last_timer_; }
  void Cancel(base::TimerId) override {}
  void AtTurnEnd(base::Task task) override { turn_end_.push_back(std::move(task)); }

  // Until nothing is left.
  void Run() {
    while (!posted_.empty() || !turn_end_.empty()) {
      RunAll(posted_);
      RunAll(turn_end_);
    }
  }

 private:
  void RunAll(std::vector<base::Task>& tasks) {
    running_.clear();
    running_.swap(tasks);
    for (base::Task& task : running_) task();
  }

  const base::TimePoint now_{std::chrono::hours(1)};
  base::TimerId last_timer_ = base::kNoTimer;
  std::vector<base::Task> posted_;
  std::vector<base::Task> turn_end_;
  std::vector<base::Task> running_;  // Kept for its capacity.
};

}  // namespace entitysync::bench
