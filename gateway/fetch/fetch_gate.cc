#include "gateway/fetch/fetch_gate.h"

#include <cassert>

namespace entitysync::fetch {

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

void FetchGate::Leave(Priority priority) {
  size_t& count = priority == Priority::kUrgent ? urgent_in_flight_ : revalidations_in_flight_;
  assert(count > 0);
  --count;
  metrics_.fetches_in_flight.Decrement();
  AdmitNext();
}

void FetchGate::Forget(Waiter& waiter) {
  if (waiter.line_ == nullptr) return;
  waiter.line_->erase(waiter.position_);
  waiter.line_ = nullptr;
  metrics_.fetches_queued.Decrement();
}

bool FetchGate::HasRoom(Priority priority) const {
  if (closed_ || in_flight() >= limits_.in_flight) return false;
  return priority == Priority::kUrgent ||
         revalidations_in_flight_ < limits_.revalidations_in_flight;
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
