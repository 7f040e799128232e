#include "gateway/fetch/recovery.h"

#include <utility>

namespace entitysync::fetch {

void Recovery::OnAnswer() {
  const bool was_down = std::exchange(failures_, 0) >= kDownAfter;
  prober_ = nullptr;
  if (!was_down) return;
  ++recoveries_;
  base::IntrusiveList<Sleeper, Recovery> woken;
  woken.TakeAll(sleepers_);
  while (!woken.empty()) woken.PopFront().OnWoken();
}

bool Recovery::Sleep(Sleeper& sleeper) {
  sleepers_.PushBack(sleeper);
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
