#pragma once

#include <cstddef>
#include <memory>

#include "gateway/base/executor.h"
#include "gateway/base/intrusive_list.h"
#include "gateway/base/prefetch.h"
#include "gateway/metrics/metrics.h"

namespace entitysync::ws {

// Writes out, once per turn of the loop, what the connections of a worker gathered in it.
//
// Purpose: under load a connection gets many frames in one turn; one system call for all of them is
//   worth a factor of ten.
// Owner and lifetime: shared by the worker and its connections, and by the turn's end while a flush
//   is due. Members leave by themselves when destroyed.
// Threading: one loop. Limits: one entry per connection. Errors: none.
class FlushQueue : public std::enable_shared_from_this<FlushQueue> {
 public:
  class Member : public base::ListHook<FlushQueue> {
   public:
    // Writes what it can; returns the bytes written.
    virtual size_t Flush() = 0;

   protected:
    virtual ~Member() = default;
  };

  FlushQueue(base::Executor& executor, metrics::Counter& bytes_sent)
      : executor_(executor), bytes_sent_(bytes_sent) {}

  // Has `member` flushed at the end of this turn, once however often it is added.
  void Add(Member& member) {
    if (member.IsLinked()) return;
    members_.PushBack(member);
    if (due_) return;
    due_ = true;
    executor_.AtTurnEnd([self = shared_from_this()] { self->Run(); });
  }

  // The time, read once per turn instead of once per delivery: exact enough for stall detection.
  base::TimePoint turn_time() {
    if (!due_ && !running_) turn_time_ = executor_.Now();
    return turn_time_;
  }

  // Counts bytes that left outside Flush (TLS completes its writes later).
  void CountSent(size_t bytes) { bytes_sent_.Increment(static_cast<double>(bytes)); }

 private:
  using List = base::IntrusiveList<Member, FlushQueue>;

  static constexpr size_t kPrefetchedBytes = 256;  // About what Flush needs of a member.

  void Run() {
    due_ = false;
    running_ = true;
    turn_time_ = executor_.Now();
    List batch;
    batch.TakeAll(members_);
    size_t bytes = 0;
    while (!batch.empty()) {
      Member& member = batch.PopFront();
      if (!batch.empty()) base::Prefetch(&batch.front(), kPrefetchedBytes);
      bytes += member.Flush();
    }
    running_ = false;
    if (bytes > 0) CountSent(bytes);
  }

  base::Executor& executor_;
  metrics::Counter& bytes_sent_;
  List members_;
  bool due_ = false;
  bool running_ = false;
  base::TimePoint turn_time_{};
};

}  // namespace entitysync::ws
