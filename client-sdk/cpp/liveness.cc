#include "client-sdk/cpp/liveness.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace entitysync::client {
namespace {

// How long an answer may take where the connection is in doubt.
constexpr Duration kCheckPatience = std::chrono::seconds(5);

}  // namespace

Liveness::Liveness(Loop& loop, std::function<void(std::function<void()>)> ping,
                   std::function<void()> dead)
    : loop_(loop), ping_(std::move(ping)), dead_(std::move(dead)) {}

void Liveness::Start(Duration heartbeat) {
  heartbeat_ = heartbeat;
  patience_.reset();
  Heard();
  Arm(heartbeat);
}

void Liveness::Stop() {
  timer_.reset();
  patience_.reset();
}

void Liveness::Heard() {
  heard_at_ = loop_.Now();
  deadline_.reset();
}

void Liveness::Check() { Ask(std::min(kCheckPatience, heartbeat_)); }

void Liveness::Ask(Duration patience) {
  if (patience_) {
    // One that waits serves all who ask.
    patience_ = std::min(*patience_, patience);
    return;
  }
  patience_ = patience;
  // Its time begins when it is written: it may have to wait for its turn.
  ping_([this] {
    const TimePoint deadline = loop_.Now() + *std::exchange(patience_, std::nullopt);
    deadline_ = std::min(deadline_.value_or(deadline), deadline);
    Arm(*deadline_ - loop_.Now());
  });
}

void Liveness::Arm(Duration delay) {
  timer_ = loop_.RunAfter(delay, [this] { Look(); });
}

void Liveness::Look() {
  const TimePoint now = loop_.Now();
  if (deadline_) return dead_();  // The timer is always that of the earliest deadline.
  const Duration rest = heard_at_ + heartbeat_ - now;
  Arm(rest > Duration(0) ? rest : heartbeat_);
  if (rest <= Duration(0)) Ask(heartbeat_);
}

}  // namespace entitysync::client
