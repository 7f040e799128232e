#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace entitysync::bus {

// What a link tells its user. Calls come from the link's own threads, one at a time, never inside a
// call of BusLink other than Start and Stop; they return soon and do not block.
class BusListener {
 public:
  virtual ~BusListener() = default;

  // A message on a subscribed subject came. Both views end with the call.
  virtual void OnMessage(std::string_view subject, std::string_view payload) = 0;

  // The link reached the bus, for the first time or again, and its subscriptions are on their way.
  // BusLink::Connection() has its new value before this call.
  virtual void OnConnected() = 0;

  // The link lost the bus. Messages may be missed until OnConnected and some time after.
  virtual void OnDisconnected() = 0;

  // Messages for this link were thrown away (a queue overflowed), at least `count` of them.
  virtual void OnDropped(uint64_t count) = 0;
};

// The road between replicas: raw bytes to and from subjects. Implement it to run the gateway over a
// queue of your own, and check it with the contract tests (entitysync/gateway/bus_contract.h).
//
// Purpose: publish/subscribe with the least of promises. Delivery is at most once: a message may be
// lost, and twice is allowed too. What the gateway needs is this:
//   1. Everyone hears: a message accepted by Publish reaches every link (this one included, echo)
//      whose subscription matches, unless something fails.
//   2. Order: messages published by one link arrive at any one listener in the order in which they
//      were published, across subjects. So the echo of a later message proves that the bus took the
//      earlier ones.
//   3. Honest loss: if the link may have missed messages, or may not have sent what it accepted, it
//      says so, with OnDisconnected/OnConnected or, for what it missed, with OnDropped. (Loss it
//      cannot see is found by the numbers inside the messages.)
// Subjects: tokens of [A-Za-z0-9_-] joined by dots, at most 700 bytes. A subscription is such a
//   subject, or one that ends in ".>" and matches every subject with that beginning and at least
//   one token more.
// Owner and lifetime: owned by the gateway. Start once, Stop once, then destroyed.
// Threading: Publish and Connection may be called from any thread between Start and Stop.
// Limits: payloads up to 512 KiB (base::limits::kMaxBusMessageBytes).
// Errors: a bus that is away is not an error of Start: the link keeps trying for ever and reports
//   OnConnected when it gets there.
class BusLink {
 public:
  virtual ~BusLink() = default;

  // Begins to connect and to listen to `subscriptions` for as long as the link lives. `listener`
  // outlives Stop. Fails only for settings that can never work (INVALID_ARGUMENT).
  virtual absl::Status Start(std::vector<std::string> subscriptions, BusListener& listener) = 0;

  // Hands a message over for sending. Never blocks. OK says that it was accepted, not that it
  // arrived. UNAVAILABLE: not connected, or the link's queue is full; the message is not sent.
  // INVALID_ARGUMENT: not a subject, or the payload is over the limit.
  virtual absl::Status Publish(std::string_view subject, std::string_view payload) = 0;

  // Which connection the link has now: 0 before the first, then a number that grows with every
  // reconnect, before anything is heard over the new connection. If two messages were accepted
  // under one number and the later is heard while that number stands, the bus took both. So a link
  // does not send on a new connection what it accepted under an older number.
  virtual uint64_t Connection() const = 0;

  // Sends what was accepted as far as that goes within a second, disconnects, and returns when no
  // call to the listener is running or will come.
  virtual void Stop() = 0;
};

}  // namespace entitysync::bus
