#include "gateway/base/timer_wheel.h"

#include <algorithm>
#include <cassert>

namespace entitysync::base {

WheelNode::~WheelNode() {
  if (wheel_ != nullptr) wheel_->Cancel(*this);
}

TimerWheel::TimerWheel(Executor& executor, Duration tick, size_t slots)
    : executor_(executor), tick_(tick), start_(executor.Now()), slots_(slots) {
  assert(tick > Duration::zero() && slots > 0);
}

TimerWheel::~TimerWheel() {
  if (timer_ != kNoTimer) executor_.Cancel(timer_);
  for (List& slot : slots_) {
    while (!slot.empty()) slot.PopFront().wheel_ = nullptr;
  }
  while (!due_.empty()) due_.PopFront().wheel_ = nullptr;
}

void TimerWheel::Set(WheelNode& node, Duration delay) {
  // Moving a node of another wheel would leave that one's count wrong.
  assert(node.wheel_ == nullptr || node.wheel_ == this);
  const TimePoint now = executor_.Now();
  if (size_ == 0) last_tick_ = TickOf(now);  // Nothing was due while the wheel stood still.
  if (node.wheel_ == nullptr) {
    node.wheel_ = this;
    ++size_;
  }
  // Rounded up, so that no deadline runs early.
  const TimePoint due = now + std::max(delay, Duration::zero());
  node.due_tick_ = std::max(TickOf(due + tick_ - Duration(1)), last_tick_ + 1);
  slots_[node.due_tick_ % slots_.size()].PushBack(node);
  Arm();
}

void TimerWheel::Cancel(WheelNode& node) {
  if (node.wheel_ == nullptr) return;
  assert(node.wheel_ == this);
  node.wheel_ = nullptr;
  node.Unlink();
  --size_;
}

uint64_t TimerWheel::TickOf(TimePoint time) const {
  return static_cast<uint64_t>((time - start_) / tick_);
}

void TimerWheel::Arm() {
  if (timer_ != kNoTimer || size_ == 0) return;
  const TimePoint next = start_ + tick_ * static_cast<int64_t>(last_tick_ + 1);
  timer_ = executor_.After(std::max(next - executor_.Now(), Duration::zero()), [this] {
    timer_ = kNoTimer;
    Advance();
    Arm();
  });
}

void TimerWheel::Advance() {
  const uint64_t now_tick = TickOf(executor_.Now());
  // After a long stall one round over all slots finds everything that is due.
  const uint64_t rounds = std::min<uint64_t>(now_tick - last_tick_, slots_.size());
  last_tick_ = now_tick;
  for (uint64_t tick = now_tick - rounds + 1; tick <= now_tick; ++tick) {
    RunDue(slots_[tick % slots_.size()], now_tick);
  }
}

void TimerWheel::RunDue(List& slot, uint64_t tick) {
  slot.ForEach([&](WheelNode& node) {
    if (node.due_tick_ <= tick) due_.PushBack(node);
  });
  // Taken out first, since running one node may set, cancel or destroy any other.
  while (!due_.empty()) {
    WheelNode& node = due_.PopFront();
    node.wheel_ = nullptr;
    --size_;
    node.OnDeadline();
  }
}

}  // namespace entitysync::base
