#pragma once

#include <cassert>
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
class ManualLoops {
 public:
  explicit ManualLoops(uint64_t seed = 1) : random_(seed) {}

  base::Executor& Add() {
    loops_.push_back(std::make_unique<Loop>(*this));
    return *loops_.back();
  }

  base::TimePoint Now() const { return now_; }

  // Runs turns of ready loops until none is ready.
  void RunReady() {
    for (int turns = 0; RunOne(); ++turns) assert(turns < 10'000'000 && "loops never come to rest");
  }

  // Moves time on, running each timer at its time and what follows from it.
  void Advance(base::Duration by) {
    const base::TimePoint end = now_ + by;
    RunReady();
    for (;;) {
      base::TimePoint next = end;
      for (const auto& loop : loops_) {
        if (!loop->timers.empty()) next = std::min(next, loop->timers.begin()->first.first);
      }
      now_ = std::max(now_, next);
      if (now_ >= end && !AnyTimerDue()) break;
      RunReady();
    }
    RunReady();
  }

 private:
  struct Loop final : base::Executor {
    explicit Loop(ManualLoops& owner) : loops(owner) {}
    void Post(base::Task task) override { posted.push_back(std::move(task)); }
    bool IsCurrent() const override { return loops.current_ == this; }
    base::TimePoint Now() const override { return loops.now_; }
    base::TimerId After(base::Duration delay, base::Task task) override {
      const base::TimerId id = ++loops.last_timer_;
      timers.emplace(std::make_pair(loops.now_ + delay, id), std::move(task));
      return id;
    }
    void Cancel(base::TimerId timer) override {
      std::erase_if(timers, [&](const auto& entry) { return entry.first.second == timer; });
    }
    void AtTurnEnd(base::Task task) override { turn_end.push_back(std::move(task)); }

    bool Ready() const {
      return !posted.empty() || !turn_end.empty() ||
             (!timers.empty() && timers.begin()->first.first <= loops.now_);
    }
    void RunTurn() {
      while (!timers.empty() && timers.begin()->first.first <= loops.now_) {
        auto node = timers.extract(timers.begin());
        node.mapped()();
      }
      for (size_t left = posted.size(); left > 0; --left) {
        base::Task task = std::move(posted.front());
        posted.pop_front();
        task();
      }
      for (size_t i = 0; i < turn_end.size(); ++i) {
        base::Task task = std::move(turn_end[i]);
        task();
      }
      turn_end.clear();
    }

    ManualLoops& loops;
    std::deque<base::Task> posted;
    std::vector<base::Task> turn_end;
    std::map<std::pair<base::TimePoint, base::TimerId>, base::Task> timers;
  };

  bool AnyTimerDue() const {
    for (const auto& loop : loops_) {
      if (!loop->timers.empty() && loop->timers.begin()->first.first <= now_) return true;
    }
    return false;
  }

  bool RunOne() {
    std::vector<Loop*> ready;
    for (const auto& loop : loops_) {
      if (loop->Ready()) ready.push_back(loop.get());
    }
    if (ready.empty()) return false;
    Loop* loop = ready[random_.Below(ready.size())];
    current_ = loop;
    loop->RunTurn();
    current_ = nullptr;
    return true;
  }

  base::Random random_;
  base::TimePoint now_{std::chrono::hours(1)};
  base::TimerId last_timer_ = base::kNoTimer;
  const Loop* current_ = nullptr;
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace entitysync::testing
