#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "gateway/base/intrusive_list.h"
#include "gateway/fetch/aimd_limit.h"
#include "gateway/metrics/metrics.h"

namespace entitysync::fetch {

// Lets at most so many fetches of one target run at once; the others wait in line.
//
// Purpose: a reconnect storm or a healed gap costs the application no more concurrent fetches than
//   the cap. Fetches that somebody waits for go before revalidations; revalidations have a smaller
//   cap of their own, which adapts to how the application answers them (AimdLimit). Neither starves
//   the other. Fetches are counted, not calls: those of a batch take a place each.
// Owner and lifetime: a shard, one per target; outlives the waiters.
// Threading: the shard's loop.
// Limits: the line for urgent fetches is bounded. That for revalidations is bounded by nature: one
//   entry per watched pair.
// Errors: kRefused when the urgent line is full; the caller backs off and comes again.
class FetchGate {
 public:
  struct Limits {
    size_t in_flight;
    size_t revalidations_in_flight;  // At most in_flight.
    size_t queued;
    // Where the adaptive cap on revalidations begins; the one above is as far as it goes.
    size_t revalidations_initial = 16;
  };

  enum class Priority : uint8_t { kUrgent, kRevalidate };
  enum class Admission : uint8_t { kNow, kQueued, kRefused };

  // Someone who wants to fetch; in line at most once.
  class Waiter : public base::ListHook<FetchGate> {
   public:
    virtual ~Waiter() = default;
    // The turn has come: a place is taken, Leave gives it back.
    virtual void OnAdmitted() = 0;

   private:
    friend class FetchGate;
    Priority line_ = Priority::kUrgent;  // Which it is in, if any.
  };

  // How a fetch ended, as far as that says anything of how busy the application is.
  struct Ending {
    base::TimePoint started;
    base::TimePoint now;
    bool failed = false;
  };

  FetchGate(Limits limits, metrics::HubMetrics& metrics);
  ~FetchGate();

  // Asks for a place. kNow: it is taken. kQueued: OnAdmitted follows, not inside this call.
  Admission Enter(Waiter& waiter, Priority priority);

  // Gives a place back, as the same priority it was taken with, and admits who is next. Without an
  // ending nothing is learned from it.
  void Leave(Priority priority, std::optional<Ending> ending = std::nullopt);

  // Takes a waiter out of the line if it is in it.
  void Forget(Waiter& waiter);

  // From now on nobody is admitted: the shard is being taken down.
  void Close() { closed_ = true; }

  // How many wait for a place of the revalidations.
  size_t revalidations_queued() const { return LaneOf(Priority::kRevalidate).queued; }

  size_t in_flight() const { return lanes_[0].in_flight + lanes_[1].in_flight; }

 private:
  struct Lane {
    size_t in_flight = 0;
    size_t queued = 0;
    base::IntrusiveList<Waiter, FetchGate> line;
  };

  Lane& LaneOf(Priority priority) { return lanes_[static_cast<size_t>(priority)]; }
  const Lane& LaneOf(Priority priority) const { return lanes_[static_cast<size_t>(priority)]; }
  bool HasRoom(Priority priority) const;
  void Take(Priority priority);
  void AdmitNext();
  void Learn(const Ending& ending);

  const Limits limits_;
  metrics::HubMetrics& metrics_;
  AimdLimit revalidation_limit_;
  bool closed_ = false;
  Lane lanes_[2];                               // By Priority.
  Priority last_admitted_ = Priority::kUrgent;  // Of those who were in line.
};

}  // namespace entitysync::fetch
