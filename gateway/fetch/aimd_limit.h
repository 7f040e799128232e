#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "gateway/base/time.h"

namespace entitysync::fetch {

// How many fetches may run at once, as the application's answers suggest.
//
// Purpose: additive increase, multiplicative decrease, as TCP shares a line. Each window of as many
//   good answers as the limit (about one round trip of a full lane) adds one place; an error, or a
//   window whose smoothed latency is well above the best of late, halves them. Halving happens at
//   most once per round trip: only answers to fetches started since then say anything.
// Owner and lifetime: a FetchGate. Threading: none.
// Limits: never below 1, never above the ceiling. A window that used less than half of the places
//   proves nothing of more, and adds none.
// Errors: none. An application that becomes slower for good is not taken for a congested one for
//   ever: at a limit of 1 it is not us who slow it down, so what is measured then is the new best.
class AimdLimit {
 public:
  struct Options {
    size_t initial = 16;
    size_t ceiling = 64;
    // Congested is what takes longer than this many times the best of late ...
    double tolerance = 2;
    // ... and this much more; less is jitter.
    base::Duration slack = std::chrono::milliseconds(5);
    // How long the best counts: at least this, at most twice as long.
    base::Duration memory = std::chrono::seconds(30);
  };

  explicit AimdLimit(Options options)
      : options_(options), limit_(std::clamp<size_t>(options.initial, 1, options.ceiling)) {}

  size_t limit() const { return limit_; }

  // A fetch was answered. `in_use`: how many ran just before, itself included.
  void OnSuccess(base::TimePoint started, base::TimePoint now, size_t in_use);

  // A fetch failed in a way that may mean overload.
  void OnFailure(base::TimePoint started, base::TimePoint now);

 private:
  bool IsCongested() const;
  void EndWindow(base::TimePoint now);
  void ForgetOldBest(base::TimePoint now);
  void Decrease(base::TimePoint now);

  const Options options_;
  size_t limit_;
  base::TimePoint last_decrease_ = base::TimePoint::min();

  // Of the present window.
  size_t successes_ = 0;
  size_t most_in_use_ = 0;

  std::optional<base::Duration> smoothed_;  // Latency since the last decrease.
  // The smallest smoothed latency at a window's end, in this span of `memory` and in the one
  // before.
  base::Duration best_ = base::Duration::max();
  base::Duration best_before_ = base::Duration::max();
  base::TimePoint span_start_ = base::TimePoint::min();
};

}  // namespace entitysync::fetch
