#include "gateway/base/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace entitysync::base {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// One loop in simulated time: timers only, run by AdvanceTo.
class ManualExecutor final : public Executor {
 public:
  void Post(Task) override { FAIL() << "the wheel never posts"; }
  bool IsCurrent() const override { return true; }
  TimePoint Now() const override { return now_; }
  void AtTurnEnd(Task) override { FAIL() << "the wheel has no use for a turn's end"; }

  TimerId After(Duration delay, Task task) override {
    timers_.emplace(++last_id_, std::make_pair(now_ + delay, std::move(task)));
    ++armed_;
    return last_id_;
  }
  void Cancel(TimerId timer) override { timers_.erase(timer); }

  // Moves time on, running what becomes due at its own time.
  void Advance(Duration span) {
    const TimePoint end = now_ + span;
    while (true) {
      auto next = timers_.end();
      for (auto it = timers_.begin(); it != timers_.end(); ++it) {
        if (it->second.first > end) continue;
        if (next == timers_.end() || it->second.first < next->second.first) next = it;
      }
      if (next == timers_.end()) break;
      now_ = std::max(now_, next->second.first);
      Task task = std::move(next->second.second);
      timers_.erase(next);
      task();
    }
    now_ = end;
  }

  // Moves time on without running anything: the loop was busy.
  void Stall(Duration span) { now_ += span; }

  size_t timers() const { return timers_.size(); }
  size_t armed() const { return armed_; }

 private:
  TimePoint now_{};
  std::map<TimerId, std::pair<TimePoint, Task>> timers_;
  TimerId last_id_ = kNoTimer;
  size_t armed_ = 0;
};

struct Counter {
  explicit Counter(Executor& on) : executor(on) {}
  void OnDeadline() {
    ++runs;
    ran_at = executor.Now();
  }
  Executor& executor;
  int runs = 0;
  TimePoint ran_at{};
  WheelTimer<Counter, &Counter::OnDeadline> timer{*this};
};

class TimerWheelTest : public ::testing::Test {
 protected:
  ManualExecutor executor_;
  TimerWheel wheel_{executor_, milliseconds(100), 8};
};

TEST_F(TimerWheelTest, RunsOnceNeverEarlyAndAtMostOneTickLate) {
  for (int delay_ms : {0, 1, 99, 100, 101, 799, 800, 801, 12345}) {
    Counter counter(executor_);
    executor_.Advance(milliseconds(37));
    const TimePoint set_at = executor_.Now();
    wheel_.Set(counter.timer, milliseconds(delay_ms));
    executor_.Advance(seconds(60));
    EXPECT_EQ(counter.runs, 1) << delay_ms;
    EXPECT_GE(counter.ran_at - set_at, milliseconds(delay_ms));
    EXPECT_LE(counter.ran_at - set_at, milliseconds(delay_ms + 100));
    EXPECT_FALSE(counter.timer.IsSet());
  }
}

TEST_F(TimerWheelTest, ManyDeadlinesShareOneTimerOfTheLoop) {
  std::vector<std::unique_ptr<Counter>> counters;
  for (int i = 0; i < 1000; ++i) {
    counters.push_back(std::make_unique<Counter>(executor_));
    wheel_.Set(counters.back()->timer, milliseconds(10 * i));
  }
  EXPECT_EQ(executor_.timers(), 1u);
  EXPECT_EQ(wheel_.size(), 1000u);
  executor_.Advance(seconds(11));
  for (const auto& counter : counters) EXPECT_EQ(counter->runs, 1);
  EXPECT_LE(executor_.armed(), 110u) << "one timer per tick, however many deadlines";
}

TEST_F(TimerWheelTest, AnEmptyWheelLetsTheLoopSleep) {
  Counter counter(executor_);
  wheel_.Set(counter.timer, milliseconds(50));
  executor_.Advance(seconds(1));
  EXPECT_EQ(executor_.timers(), 0u);
}

TEST_F(TimerWheelTest, ACancelledOrDestroyedNodeDoesNotRun) {
  Counter cancelled(executor_);
  std::optional<Counter> destroyed(executor_);
  Counter other(executor_);
  wheel_.Set(cancelled.timer, milliseconds(50));
  wheel_.Set(destroyed->timer, milliseconds(50));
  wheel_.Set(other.timer, milliseconds(50));
  wheel_.Cancel(cancelled.timer);
  wheel_.Cancel(cancelled.timer);
  destroyed.reset();
  EXPECT_EQ(wheel_.size(), 1u);
  executor_.Advance(seconds(10));
  EXPECT_EQ(cancelled.runs, 0);
  EXPECT_EQ(other.runs, 1);
}

TEST_F(TimerWheelTest, SettingASetNodeMovesIt) {
  Counter counter(executor_);
  wheel_.Set(counter.timer, milliseconds(100));
  executor_.Advance(milliseconds(90));
  wheel_.Set(counter.timer, milliseconds(1000));
  executor_.Advance(milliseconds(900));
  EXPECT_EQ(counter.runs, 0);
  EXPECT_EQ(wheel_.size(), 1u);
  executor_.Advance(milliseconds(300));
  EXPECT_EQ(counter.runs, 1);
}

TEST_F(TimerWheelTest, ALoopThatWasBusyForManyTurnsOfTheWheelRunsAllThatIsDue) {
  Counter soon(executor_), later(executor_), last(executor_);
  wheel_.Set(soon.timer, milliseconds(300));
  wheel_.Set(later.timer, seconds(20));
  wheel_.Set(last.timer, seconds(60));
  executor_.Stall(seconds(30));
  executor_.Advance(milliseconds(0));
  EXPECT_EQ(soon.runs, 1);
  EXPECT_EQ(later.runs, 1);
  EXPECT_EQ(last.runs, 0);
  executor_.Advance(seconds(31));
  EXPECT_EQ(last.runs, 1);
}

// Sets itself again from its own deadline, and destroys a neighbour that is due in the same tick.
struct Meddler {
  explicit Meddler(TimerWheel& on) : wheel(on) {}
  void OnDeadline() {
    ++runs;
    victim.reset();
    if (runs < 3) wheel.Set(timer, milliseconds(100));
  }
  TimerWheel& wheel;
  int runs = 0;
  std::unique_ptr<Counter> victim;
  WheelTimer<Meddler, &Meddler::OnDeadline> timer{*this};
};

TEST_F(TimerWheelTest, ADeadlineMaySetItselfAgainAndDestroyOthers) {
  Meddler meddler(wheel_);
  meddler.victim = std::make_unique<Counter>(executor_);
  wheel_.Set(meddler.timer, milliseconds(100));
  wheel_.Set(meddler.victim->timer, milliseconds(100));
  executor_.Advance(milliseconds(150));
  EXPECT_EQ(meddler.runs, 1);
  executor_.Advance(seconds(2));
  EXPECT_EQ(meddler.runs, 3);
  EXPECT_EQ(wheel_.size(), 0u);
}

TEST_F(TimerWheelTest, NodesOutliveAWheel) {
  Counter counter(executor_);
  {
    TimerWheel wheel(executor_, milliseconds(100));
    wheel.Set(counter.timer, milliseconds(100));
  }
  executor_.Advance(seconds(1));
  EXPECT_EQ(counter.runs, 0);
  EXPECT_EQ(executor_.timers(), 0u);
  EXPECT_FALSE(counter.timer.IsSet());
}

}  // namespace
}  // namespace entitysync::base
