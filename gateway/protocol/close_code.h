#pragma once

#include <cstdint>

namespace entitysync::protocol {

// Why the gateway closes a connection: the websocket close code (RFC 6455 section 7.4; 4000 and up
// are ours). docs/PROTOCOL.md says what a client should do on each.
enum class CloseCode : uint16_t {
  kNormal = 1000,
  kProtocolViolation = 1002,
  kNotUtf8 = 1007,
  kMessageTooBig = 1009,
  kRestart = 1012,        // Drain or restart: reconnect.
  kOverload = 1013,       // Reconnect with backoff.
  kNotUnderstood = 4003,  // A v1 message that makes no sense; an error event says why.
  kStalled = 4008,        // Nothing could be written for the time limit: reconnect.
  kTooManyMessages = 4029,
};

}  // namespace entitysync::protocol
