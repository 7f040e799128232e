#pragma once

#include <functional>
#include <utility>

#include "client-sdk/cpp/platform.h"

// When to come back after a connection ended: client-sdk/SPEC.md, "Coming back".
namespace entitysync::client {

// What a close code asks of the client.
enum class Verdict {
  kAgain,    // Come back.
  kExpired,  // With another credential, if there is a way to get one.
  kRefused,  // Not with this credential.
  kFinal,    // Not at all.
};

Verdict VerdictOn(int close_code);

// Full jitter: clients of a gateway that went away do not come back all at once.
class Backoff {
 public:
  explicit Backoff(std::function<double()> random) : random_(std::move(random)) {}

  // A connection that held so long is over.
  void Held(Duration time);

  void Reset() { failures_ = 0; }

  // The time until the next attempt.
  Duration Next();

 private:
  std::function<double()> random_;
  int failures_ = 0;
};

}  // namespace entitysync::client
