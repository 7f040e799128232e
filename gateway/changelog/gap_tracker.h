#pragma once

#include <cstdint>
#include <map>

#include "gateway/base/time.h"
#include "gateway/changelog/bus_codec.h"

namespace entitysync::changelog {

// Notices from the numbers in bus messages that some were lost, whoever lost them.
//
// Purpose: each publisher numbers its batches from 1 and tells its last number in heartbeats. A
//   hole is a gap; so is a count that stays ahead of what was heard for a whole heartbeat, and
//   silence without a goodbye.
// Owner and lifetime: the ChangeLog. Threading: none; its loop.
// Limits: kMaxPublishers; a flood of more forgets all of them and counts as a gap. A publisher
//   silent for kForgetAfter is forgotten.
// Every method answers whether a change may have been missed; each loss is reported once.
class GapTracker {
 public:
  static constexpr size_t kMaxPublishers = 10'000;
  static constexpr base::Duration kForgetAfter = std::chrono::hours(1);

  // `start_epoch`: our own start, in milliseconds since the Unix epoch. What older publishers said
  // before we began to listen (OnBusBack) is nothing that we missed; what they said between that
  // and the first we hear of them may be. They are all heard within a few heartbeats, and count as
  // one gap together then; one first heard later counts at once.
  GapTracker(uint64_t start_epoch, base::Duration heartbeat_interval)
      : start_epoch_(start_epoch), heartbeat_interval_(heartbeat_interval) {}

  bool OnBatch(const Origin& origin, uint64_t number, base::TimePoint now);
  bool OnHeartbeat(const Origin& origin, uint64_t last_number, base::TimePoint now);
  bool OnGoodbye(const Origin& origin, uint64_t last_number, base::TimePoint now);

  // To be called about once per heartbeat interval while the bus is live.
  bool OnTick(base::TimePoint now);

  // We listen from now on (again): silence up to now says nothing about the publishers.
  void OnBusBack(base::TimePoint now);

 private:
  struct Publisher {
    uint64_t heard = 0;  // Highest number heard or already counted as lost.
    uint64_t owed = 0;   // A heartbeat counted up to here, beyond `heard`; 0: nothing is owed.
    base::TimePoint last_sign;
    bool silent = false;  // Reported as such.
  };

  struct Lookup {
    Publisher& publisher;
    bool is_new;
    bool gap;
  };
  Lookup FindOrAdd(const Origin& origin, base::TimePoint now);
  // Whether the `unheard` messages before a publisher's first sign are among those that count as
  // one gap together.
  bool CountLater(const Origin& origin, uint64_t unheard, base::TimePoint now);
  // Two heartbeats missing, with half of one for the road.
  base::Duration Patience() const { return heartbeat_interval_ * 5 / 2; }

  const uint64_t start_epoch_;
  const base::Duration heartbeat_interval_;
  base::TimePoint listening_since_{};
  bool missed_by_newcomer_ = false;  // The gap of all older publishers is still to be counted.
  std::map<Origin, Publisher> publishers_;
};

}  // namespace entitysync::changelog
