#include "gateway/session/subscribe_throttle.h"

#include <cassert>

namespace entitysync::session {

SubscribeThrottle::SubscribeThrottle(base::Executor& executor, uint32_t per_second, uint32_t burst)
    : executor_(executor), tokens_(per_second, burst, executor.Now()) {}

SubscribeThrottle::~SubscribeThrottle() {
  if (timer_ != base::kNoTimer) executor_.Cancel(timer_);
}

bool SubscribeThrottle::Take(uint32_t subscriptions) {
  assert(executor_.IsCurrent());
  const bool is_paid = tokens_.TakeOnCredit(executor_.Now(), subscriptions);
  return is_paid && line_.empty();
}

void SubscribeThrottle::Wait(Waiter& waiter) {
  assert(executor_.IsCurrent());
  if (!waiter.IsLinked()) line_.PushBack(waiter);
  Arm();
}

void SubscribeThrottle::Arm() {
  if (timer_ != base::kNoTimer || line_.empty()) return;
  timer_ = executor_.After(tokens_.UntilWorthwhile(executor_.Now()), [this] { CallNext(); });
}

void SubscribeThrottle::CallNext() {
  timer_ = base::kNoTimer;
  uint32_t turns = tokens_.Available(executor_.Now());
  for (; turns > 0 && !line_.empty(); --turns) line_.PopFront().OnTurn();
  Arm();
}

}  // namespace entitysync::session
