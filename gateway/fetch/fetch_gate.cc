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
  assert(waiter.line_ == nullptr);
  std::list<Waiter*>& line = priority == Priority::kUrgent ? urgent_ : revalidations_;
  if (line.empty() && HasRoom(priority)) {
    Take(priority);
    return Admission::kNow;
  }
  if (priority == Priority::kUrgent && line.size() >= limits_.queued) {
    metrics_.fetches_refused.Increment();
    return Admission::kRefused;
  }
  waiter.line_ = &line;
  waiter.position_ = line.insert(line.end(), &waiter);
  metrics_.fetches_queued.Increment();
  return Admission::kQueued;
}

void FetchGate::Leave(Priority priority, std::optional<Ending> ending) {
  if (ending.has_value() && priority == Priority::kRevalidate) Learn(*ending);
  size_t& count = priority == Priority::kUrgent ? urgent_in_flight_ : revalidations_in_flight_;
  assert(count > 0);
  --count;
  metrics_.fetches_in_flight.Decrement();
  AdmitNext();
}

void FetchGate::Learn(const Ending& ending) {
  const size_t before = revalidation_limit_.limit();
  if (ending.failed) {
    revalidation_limit_.OnFailure(ending.started, ending.now);
  } else {
    revalidation_limit_.OnSuccess(ending.started, ending.now, revalidations_in_flight_);
  }
  const size_t after = revalidation_limit_.limit();
  metrics_.revalidation_limit.Increment(static_cast<double>(after) - static_cast<double>(before));
}

void FetchGate::Forget(Waiter& waiter) {
  if (waiter.line_ == nullptr) return;
  waiter.line_->erase(waiter.position_);
  waiter.line_ = nullptr;
  metrics_.fetches_queued.Decrement();
}

bool FetchGate::HasRoom(Priority priority) const {
  if (closed_ || in_flight() >= limits_.in_flight) return false;
  return priority == Priority::kUrgent || revalidations_in_flight_ < revalidation_limit_.limit();
}

void FetchGate::Take(Priority priority) {
  ++(priority == Priority::kUrgent ? urgent_in_flight_ : revalidations_in_flight_);
  metrics_.fetches_in_flight.Increment();
}

void FetchGate::AdmitNext() {
  for (;;) {
    const bool can_urgent = !urgent_.empty() && HasRoom(Priority::kUrgent);
    const bool can_revalidate = !revalidations_.empty() && HasRoom(Priority::kRevalidate);
    if (!can_urgent && !can_revalidate) return;
    // One revalidation is always under way, however many changes come.
    const bool starved = can_revalidate && revalidations_in_flight_ == 0;
    const bool urgent = can_urgent && !starved;
    Waiter* next = urgent ? urgent_.front() : revalidations_.front();
    Forget(*next);
    Take(urgent ? Priority::kUrgent : Priority::kRevalidate);
    next->OnAdmitted();
  }
}

}  // namespace entitysync::fetch
