#include "client-sdk/cpp/reconnecting.h"

#include <algorithm>
#include <chrono>

namespace entitysync::client {
namespace {

constexpr Duration kFirstDelay = std::chrono::milliseconds(250);
constexpr Duration kMaxDelay = std::chrono::seconds(10);

// Beyond this number of doublings the delay is the longest in any case.
constexpr int kMaxDoublings = 10;

// A connection that held so long was no refusal.
constexpr Duration kHeld = std::chrono::seconds(5);

}  // namespace

Verdict VerdictOn(int close_code) {
  switch (close_code) {
    // Whoever broke the protocol or was told goodbye must not come back for the same again.
    case 1000:
    case 1002:
    case 1003:
    case 1007:
    case 1009:
    case 4003:
      return Verdict::kFinal;
    case 4001:
      return Verdict::kRefused;
    case 4002:
      return Verdict::kExpired;
    default:
      return Verdict::kAgain;
  }
}

void Backoff::Held(Duration time) {
  if (time >= kHeld) Reset();
}

Duration Backoff::Next() {
  const Duration cap = std::min(kMaxDelay, kFirstDelay * (int64_t{1} << failures_));
  failures_ = std::min(failures_ + 1, kMaxDoublings);
  return std::chrono::duration_cast<Duration>(cap * random_());
}

}  // namespace entitysync::client
