#pragma once

#include <absl/functional/any_invocable.h>

#include <cstdint>

#include "gateway/base/time.h"

namespace entitysync::base {

using Task = absl::AnyInvocable<void()>;

// Names a timer of one executor. 0 is never a timer.
using TimerId = uint64_t;
inline constexpr TimerId kNoTimer = 0;

// One event loop.
//
// Purpose: the one door between threads. State that belongs to a loop is touched only by tasks that
// run on it; other threads reach it with Post and nothing else.
// Owner and lifetime: made by the composition root (or a test) before what runs on it and destroyed
// after. Tasks still queued at its end are destroyed without being run.
// Threading: Post, IsCurrent and Now may be called from any thread, all else only on the loop.
// Order: tasks posted by one thread run in the order in which it posted them.
// Limits: the queue is not bounded here; whoever posts on behalf of outside input bounds itself.
// Errors: none. Tasks must not throw.
class Executor {
 public:
  virtual ~Executor() = default;

  // Runs `task` on the loop, never inside this call.
  virtual void Post(Task task) = 0;

  // Whether the calling thread is the loop's.
  virtual bool IsCurrent() const = 0;

  // The loop's time. Does not move during a turn in the simulation.
  virtual TimePoint Now() const = 0;

  // Runs `task` once, not earlier than `delay` from now.
  virtual TimerId After(Duration delay, Task task) = 0;

  // Forgets a timer; its task is destroyed and does not run. A timer that ran or was cancelled
  // before, or kNoTimer, is ignored.
  virtual void Cancel(TimerId timer) = 0;

  // Runs `task` once at the end of this turn: after what is ready now (posted tasks and I/O; a loop
  // may take only so much of it in one turn), before the loop waits again. The place to write out
  // what many tasks of one turn gathered.
  virtual void AtTurnEnd(Task task) = 0;
};

}  // namespace entitysync::base
