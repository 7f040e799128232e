#include "gateway/fetch/recovery.h"

#include <utility>

namespace entitysync::fetch {

bool Recovery::IsDown(base::TimePoint now) const {
  return failures_ >= kDownAfter && now - last_answer_ >= kDownFor;
}

void Recovery::OnAnswer(base::TimePoint started, base::TimePoint now) {
  if (failures_ > 0 && started < first_failed_) return;
  const bool was_down = IsDown(now);
  if (now - last_answer_ >= kDownFor) heard_again_ = now;
  failures_ = 0;
  last_answer_ = now;
  prober_ = nullptr;
  if (!was_down) return;
  ++recoveries_;
  base::IntrusiveList<Sleeper, Recovery> woken;
  woken.TakeAll(sleepers_);
  while (!woken.empty()) woken.PopFront().OnWoken();
}

bool Recovery::Sleep(Sleeper& sleeper) {
  sleepers_.PushBack(sleeper);
  // Perhaps an outage has just begun: who sleeps long by then would not notice its end.
  if (failures_ < kDownAfter) return false;
  if (prober_ == nullptr) prober_ = &sleeper;
  return prober_ == &sleeper;
}

void Recovery::Forget(Sleeper& sleeper) {
  Rise(sleeper);
  if (prober_ != &sleeper) return;
  prober_ = nullptr;
  if (sleepers_.empty()) return;
  prober_ = &sleepers_.PopFront();
  prober_->OnWoken();
}

}  // namespace entitysync::fetch
