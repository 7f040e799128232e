#include "gateway/fetch/fetch_gate.h"

#include <cassert>

namespace entitysync::fetch {

FetchGate::FetchGate(Limits limits, metrics::HubMetrics& metrics)
    : limits_(limits),
      metrics_(metrics),
      revalidation_limit_(
          {.initial = limits.revalidations_initial, .ceiling = limits.revalidations_in_flight}) {
  metrics_.revalidation_limit.Increment(static_cast<double>(revalidation_limit_.limit()));
}

FetchGate::~FetchGate() {
  metrics_.revalidation_limit.Decrement(static_cast<double>(revalidation_limit_.limit()));
}

FetchGate::Admission FetchGate::Enter(Waiter& waiter, Priority priority) {
  assert(!waiter.IsLinked());
  Lane& lane = LaneOf(priority);
  if (lane.queued == 0 && HasRoom(priority)) {
    Take(priority);
    return Admission::kNow;
  }
  if (priority == Priority::kUrgent && lane.queued >= limits_.queued) {
    metrics_.fetches_refused.Increment();
    return Admission::kRefused;
  }
  waiter.line_ = priority;
  lane.line.PushBack(waiter);
  ++lane.queued;
  metrics_.fetches_queued.Increment();
  return Admission::kQueued;
}

void FetchGate::Leave(Priority priority, std::optional<Ending> ending) {
  if (ending.has_value() && priority == Priority::kRevalidate) Learn(*ending);
  assert(LaneOf(priority).in_flight > 0);
  --LaneOf(priority).in_flight;
  metrics_.fetches_in_flight.Decrement();
  AdmitNext();
}

void FetchGate::Learn(const Ending& ending) {
  const size_t before = revalidation_limit_.limit();
  if (ending.failed) {
    revalidation_limit_.OnFailure(ending.started, ending.now);
  } else {
    revalidation_limit_.OnSuccess(ending.started, ending.now,
                                  LaneOf(Priority::kRevalidate).in_flight);
  }
  const size_t after = revalidation_limit_.limit();
  metrics_.revalidation_limit.Increment(static_cast<double>(after) - static_cast<double>(before));
}

void FetchGate::Forget(Waiter& waiter) {
  if (!waiter.IsLinked()) return;
  waiter.Unlink();
  --LaneOf(waiter.line_).queued;
  metrics_.fetches_queued.Decrement();
}

bool FetchGate::HasRoom(Priority priority) const {
  if (closed_ || in_flight() >= limits_.in_flight) return false;
  return priority == Priority::kUrgent ||
         LaneOf(Priority::kRevalidate).in_flight < revalidation_limit_.limit();
}

void FetchGate::Take(Priority priority) {
  ++LaneOf(priority).in_flight;
  metrics_.fetches_in_flight.Increment();
}

void FetchGate::AdmitNext() {
  for (;;) {
    const auto can_admit = [this](Priority priority) {
      return LaneOf(priority).queued > 0 && HasRoom(priority);
    };
    const bool can_urgent = can_admit(Priority::kUrgent);
    const bool can_revalidate = can_admit(Priority::kRevalidate);
    if (!can_urgent && !can_revalidate) return;
    // One revalidation is under way, however many changes come; but where there is only one place
    // it goes to both in turn.
    const bool starved = can_revalidate && LaneOf(Priority::kRevalidate).in_flight == 0 &&
                         last_admitted_ == Priority::kUrgent;
    const Priority priority = can_urgent && !starved ? Priority::kUrgent : Priority::kRevalidate;
    last_admitted_ = priority;
    Waiter& next = LaneOf(priority).line.front();
    Forget(next);
    Take(priority);
    next.OnAdmitted();
  }
}

}  // namespace entitysync::fetch
