#include "gateway/fetch/aimd_limit.h"

namespace entitysync::fetch {
namespace {

// A new latency counts for this part of the smoothed one, as in TCP's round-trip estimate.
constexpr int kSmoothing = 8;

}  // namespace

void AimdLimit::OnSuccess(base::TimePoint started, base::TimePoint now, size_t in_use) {
  if (started <= last_decrease_) return;
  const base::Duration latency = now - started;
  smoothed_ = smoothed_.has_value() ? *smoothed_ + (latency - *smoothed_) / kSmoothing : latency;
  most_in_use_ = std::max(most_in_use_, in_use);
  if (++successes_ >= limit_) EndWindow(now);
}

void AimdLimit::OnFailure(base::TimePoint started, base::TimePoint now) {
  if (started > last_decrease_) Decrease(now);
}

void AimdLimit::EndWindow(base::TimePoint now) {
  ForgetOldBest(now);
  if (limit_ == 1) best_ = best_before_ = *smoothed_;
  if (IsCongested()) return Decrease(now);
  best_ = std::min(best_, *smoothed_);
  if (most_in_use_ * 2 >= limit_) limit_ = std::min(limit_ + 1, options_.ceiling);
  successes_ = 0;
  most_in_use_ = 0;
}

bool AimdLimit::IsCongested() const {
  const base::Duration best = std::min(best_, best_before_);
  if (best == base::Duration::max()) return false;
  const std::chrono::duration<double, base::Duration::period> bearable =
      best * options_.tolerance + options_.slack;
  return *smoothed_ > bearable;
}

void AimdLimit::ForgetOldBest(base::TimePoint now) {
  if (now < span_start_ + options_.memory) return;
  const bool long_ago = now >= span_start_ + 2 * options_.memory;
  best_before_ = long_ago ? base::Duration::max() : best_;
  best_ = base::Duration::max();
  span_start_ = now;
}

void AimdLimit::Decrease(base::TimePoint now) {
  limit_ = std::max<size_t>(1, limit_ / 2);
  last_decrease_ = now;
  smoothed_.reset();
  successes_ = 0;
  most_in_use_ = 0;
}

}  // namespace entitysync::fetch
