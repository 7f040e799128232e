#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gateway/base/executor.h"
#include "gateway/base/intrusive_list.h"
#include "gateway/base/time.h"

namespace entitysync::base {

// One deadline of one object, to be set on a TimerWheel; usually a WheelTimer member (below).
// Cancels itself when destroyed.
class WheelNode : public ListHook<class TimerWheel> {
 public:
  virtual ~WheelNode();

  // Whether it is set and has not run.
  bool IsSet() const { return wheel_ != nullptr; }

 protected:
  WheelNode() = default;

  // The deadline passed. The node is not set any more; it may be set again or destroyed in here.
  virtual void OnDeadline() = 0;

 private:
  friend class TimerWheel;

  TimerWheel* wheel_ = nullptr;
  uint64_t due_tick_ = 0;
};

// Deadlines of very many objects at the price of one timer of the loop (Varghese and Lauck's hashed
// wheel, 1987).
//
// Purpose: heartbeats, handshake, close and stall deadlines of connections: setting, moving and
//   cancelling one is O(1) and allocates nothing, and 100,000 of them wake the loop no more often
//   than one.
// Owner and lifetime: one per worker; outlived by the executor. Nodes that are set when the wheel
//   is destroyed are cancelled. Destroy it on the loop, or after the loop has stopped.
// Threading: one loop.
// Limits: a deadline runs never before its time and up to one tick (and the loop's own lateness)
//   after it. Deadlines of one tick run in no particular order. While nothing is set there is no
//   timer.
// Errors: none.
class TimerWheel {
 public:
  // `slots` is how many ticks one turn of the wheel has; longer delays cost a look per turn.
  TimerWheel(Executor& executor, Duration tick, size_t slots = 512);
  ~TimerWheel();

  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // Runs the node's OnDeadline once, `delay` from now. A node that is set already is moved.
  void Set(WheelNode& node, Duration delay);

  // Forgets the node's deadline; nothing if it is not set.
  void Cancel(WheelNode& node);

  size_t size() const { return size_; }

 private:
  using List = IntrusiveList<WheelNode, TimerWheel>;

  uint64_t TickOf(TimePoint time) const;
  void Arm();
  void Advance();
  void RunDue(List& slot, uint64_t tick);

  Executor& executor_;
  const Duration tick_;
  const TimePoint start_;
  std::vector<List> slots_;
  List due_;                // taken from a slot, about to run
  uint64_t last_tick_ = 0;  // all deadlines up to this tick have run
  size_t size_ = 0;
  TimerId timer_ = kNoTimer;
};

// A deadline that calls a member function of its owner: WheelTimer<Session, &Session::OnHeartbeat>.
template <typename Owner, void (Owner::*kOnDeadline)()>
class WheelTimer final : public WheelNode {
 public:
  explicit WheelTimer(Owner& owner) : owner_(owner) {}

 private:
  void OnDeadline() override { (owner_.*kOnDeadline)(); }

  Owner& owner_;
};

}  // namespace entitysync::base
