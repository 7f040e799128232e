#pragma once

#include <absl/status/status.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "entitysync/entity.h"
#include "service/later_queue.h"

namespace entitysync::service {

// Changes that are sent as one request.
struct Part {
  using Clock = std::chrono::steady_clock;

  std::vector<Change> changes;
  uint64_t first = 0;  // The number of the first of them in the queue, or less.
  Clock::time_point give_up;
  bool is_retry = false;
  absl::Status last_status;  // Why it is not settled.
};

// All that NotifyLater took and that is not settled: queued, to be sent again, or under way.
//
// Purpose: the bookkeeping of the LaterSender. What was sent and has to be sent again comes before
//   what is queued.
// Owner and lifetime: LaterSender. Threading: none of its own; the owner locks.
// Limits: the owner's, by size(). Errors: none.
class LaterWork {
 public:
  using Clock = Part::Clock;

  // Merges a change into one that is queued, or queues it if `has_room`. False: it was dropped.
  enum class Taken { kMerged, kQueued, kNoRoom };
  Taken Add(Change change, size_t max_size);

  // Whether there is something to be sent again, or something new.
  bool HasReturned() const { return !returned_.empty(); }
  bool HasNew() const { return queue_.size() > 0; }

  // The next to be sent. Only if there is something.
  Part Take(size_t max_changes, Clock::time_point give_up);

  // It is sent. Stays where it is until it is settled.
  const Part& SetUnderWay(uint64_t sequence, Part part, Clock::time_point now);

  // A request under way failed. Nothing if it is not under way.
  std::optional<Part> TakeFailed(uint64_t sequence);
  // All requests under way up to `acknowledged` were taken. Says how many changes they have.
  size_t Acknowledge(uint64_t acknowledged);
  // Those are to be sent again, before all others.
  void Return(std::vector<Part> parts);
  // So is all that is under way; it counts as a retry if `are_retries`.
  void ReturnAll(bool are_retries, const absl::Status& status);

  // What is left, however far it came.
  std::vector<Part> TakeAll();

  size_t size() const { return queue_.size() + taken_; }
  size_t changes_under_way() const { return under_way_changes_; }
  bool empty() const { return size() == 0; }

  // When the oldest request under way was sent. Nothing if there is none.
  std::optional<Clock::time_point> OldestUnderWay() const;

  uint64_t last() const { return queue_.last(); }
  // All changes up to this number are settled.
  uint64_t settled_up_to() const;

 private:
  struct UnderWay {
    Part part;
    Clock::time_point sent;
  };

  LaterQueue queue_;
  std::deque<Part> returned_;
  std::map<uint64_t, UnderWay> under_way_;  // By sequence.
  size_t taken_ = 0;                        // Changes out of the queue and not settled.
  size_t under_way_changes_ = 0;
  uint64_t taken_up_to_ = 0;  // The number of the last change out of the queue.
};

}  // namespace entitysync::service
