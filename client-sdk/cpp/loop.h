#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "client-sdk/cpp/platform.h"

namespace entitysync::client {

// The scheduler, for what is part of one owner.
//
// Purpose: whatever runs later keeps the owner alive while it runs, and does not run if the
//   owner is gone. So user functions may destroy the client that calls them, and parts may capture
//   `this`.
// Owner and lifetime: part of the owner. Threading: as Scheduler. Limits, errors: none.
class Loop {
 public:
  explicit Loop(std::shared_ptr<Scheduler> scheduler) : scheduler_(std::move(scheduler)) {}

  // Before anything else: who is kept alive.
  void SetOwner(std::weak_ptr<void> owner) { owner_ = std::move(owner); }

  TimePoint Now() const { return scheduler_->Now(); }

  void Post(std::function<void()> function) { scheduler_->Post(Guarded(std::move(function))); }

  std::unique_ptr<Timer> RunAfter(Duration delay, std::function<void()> function) {
    return scheduler_->RunAfter(delay, Guarded(std::move(function)));
  }

  // A function that does nothing if the owner is gone.
  template <typename... Arguments>
  std::function<void(Arguments...)> Guarded(std::function<void(Arguments...)> function) const {
    return [owner = owner_, function = std::move(function)](Arguments... arguments) {
      if (const auto kept = owner.lock()) function(std::move(arguments)...);
    };
  }

  // A function that may be called from any thread and runs the given one as a task.
  template <typename Argument>
  std::function<void(Argument)> Posted(std::function<void(Argument)> function) const {
    auto guarded = std::make_shared<std::function<void(Argument)>>(Guarded(std::move(function)));
    return [scheduler = scheduler_, guarded](Argument argument) {
      scheduler->Post([guarded, argument = std::move(argument)] { (*guarded)(argument); });
    };
  }

 private:
  std::shared_ptr<Scheduler> scheduler_;
  std::weak_ptr<void> owner_;
};

}  // namespace entitysync::client
