#include "bench/load/call_counter.h"

#include <chrono>

#include "bench/lib/clock.h"

namespace entitysync::bench {
namespace {

constexpr int64_t kPatienceNs = 30'000'000'000;

}  // namespace

void CallCounter::Begin() {
  WaitUnanswered(kMaxUnanswered - 1, MonotonicNs() + kPatienceNs);
  const std::lock_guard lock(mutex_);
  ++unanswered_;
  ++counts_.calls;
}

void CallCounter::End(int64_t took_ns, bool ok, std::string_view failure) {
  const std::lock_guard lock(mutex_);
  counts_.answers.Add(took_ns);
  if (!ok) {
    ++counts_.failed;
    if (counts_.first_failure.empty()) counts_.first_failure = failure;
  }
  // Under the lock: whoever waits may be about to destroy this.
  if (--unanswered_ <= wanted_) answered_.notify_all();
}

bool CallCounter::WaitUnanswered(uint64_t most, int64_t deadline_ns) {
  std::unique_lock lock(mutex_);
  wanted_ = most;
  return answered_.wait_for(lock, std::chrono::nanoseconds(deadline_ns - MonotonicNs()),
                            [&] { return unanswered_ <= most; });
}

PublisherCounts CallCounter::Counts() {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void CallCounter::Clear() {
  const std::lock_guard lock(mutex_);
  counts_ = {};
}

void CallCounter::WaitForAll() { WaitUnanswered(0, MonotonicNs() + kPatienceNs); }

}  // namespace entitysync::bench
