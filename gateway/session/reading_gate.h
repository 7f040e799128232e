#pragma once

#include <cstdint>

#include "gateway/session/transport.h"

namespace entitysync::session {

// Why a session does not read from its client for a while.
enum class NotReading : uint8_t {
  kSlowApplication = 1 << 0,  // Pass-through messages wait for the application.
  kSubscribeRate = 1 << 1,    // The worker's subscriptions wait their turn.
  kSlowClient = 1 << 2,       // The client does not read what it is answered.
};

// Whether a session reads on: it does while there is no reason not to.
//
// Purpose: several things may hold a client back at once, and reading goes on when the last of them
//   lets go.
// Owner and lifetime: the session; the transport outlives its use.
// Threading: the worker's loop. Limits: none. Errors: none.
class ReadingGate {
 public:
  explicit ReadingGate(Transport& transport) : transport_(transport) {}

  bool is_stopped() const { return reasons_ != 0; }

  // From now on `reason` holds. True if it did not before.
  bool Stop(NotReading reason) {
    const uint8_t before = reasons_;
    reasons_ |= static_cast<uint8_t>(reason);
    if (before == 0) transport_.SetReading(false);
    return before != reasons_;
  }

  // `reason` holds no longer. True if it was the last one, so that reading goes on.
  bool Resume(NotReading reason) {
    const uint8_t before = reasons_;
    reasons_ &= static_cast<uint8_t>(~static_cast<uint8_t>(reason));
    if (before == 0 || reasons_ != 0) return false;
    transport_.SetReading(true);
    return true;
  }

 private:
  Transport& transport_;
  uint8_t reasons_ = 0;
};

}  // namespace entitysync::session
