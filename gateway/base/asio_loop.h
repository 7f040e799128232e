#pragma once

#include <absl/container/flat_hash_map.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/base/executor.h"
#include "gateway/base/mutex.h"

namespace entitysync::base {

// The production event loop: one thread, one io_context.
//
// Purpose: runs a worker's sockets, timers and posted tasks in turns. A turn runs everything that
//   is ready (at most kMaxHandlersPerTurn handlers), then the tasks given to AtTurnEnd.
// Owner and lifetime: the composition root. Stop (or the destructor) joins the thread; what the
//   loop's tasks refer to must live until then. Destroyed on another thread than its own.
// Threading: Executor's rules; context() is for I/O objects used on the loop only.
// Limits: posted tasks are not bounded here.
// Errors: none; tasks must not throw.
class AsioLoop final : public Executor {
 public:
  // `name` shows in thread listings (15 characters are kept).
  explicit AsioLoop(std::string name);
  ~AsioLoop() override;
  AsioLoop(const AsioLoop&) = delete;
  AsioLoop& operator=(const AsioLoop&) = delete;

  void Start();
  // Ends the loop after the turn under way and joins. Idempotent; not from the loop itself.
  void Stop();

  boost::asio::io_context& context() { return context_; }

  void Post(Task task) override;
  bool IsCurrent() const override;
  TimePoint Now() const override;
  TimerId After(Duration delay, Task task) override;
  void Cancel(TimerId timer) override;
  void AtTurnEnd(Task task) override;

 private:
  static constexpr int kMaxHandlersPerTurn = 128;

  // On the loop, or while no thread runs it (before Start and after Stop).
  bool MayTouch() const;
  void Run();
  void DrainPosted();
  void RunTurnEnd();
  void RunDueTimers();
  void ArmTimer();

  const std::string name_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer timer_;
  TimePoint armed_for_ = TimePoint::max();
  std::map<std::pair<TimePoint, TimerId>, Task> timers_;
  absl::flat_hash_map<TimerId, TimePoint> timer_times_;
  TimerId last_timer_ = kNoTimer;
  std::vector<Task> turn_end_;
  std::vector<Task> draining_;

  Mutex mutex_;
  std::vector<Task> posted_ ENTITYSYNC_GUARDED_BY(mutex_);

  std::atomic<bool> stopping_{false};
  std::atomic<std::thread::id> thread_id_{};
  std::thread thread_;
};

}  // namespace entitysync::base
