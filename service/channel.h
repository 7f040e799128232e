#pragma once

#include <absl/status/status.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "entitysync/entity.h"

namespace entitysync::service {

// A request that a gateway did not confirm.
struct Failure {
  uint64_t sequence;
  absl::Status status;
};

// Who hears what became of requests. Called on gRPC's threads; must not block, nor destroy the
// channel.
class ChannelListener {
 public:
  virtual ~ChannelListener() = default;

  // All requests up to `acknowledged` are settled, and taken but for those that failed; failures
  // may be told earlier.
  virtual void OnSettled(uint64_t acknowledged, std::vector<Failure> failures) = 0;

  // There is room for a request.
  virtual void OnFree() = 0;

  // The last that is heard of the channel. Requests not settled were perhaps heard.
  virtual void OnEnded(absl::Status status) = 0;
};

// A way for requests to a gateway.
//
// Owner and lifetime: the LaterSender; the listener outlives it. The destructor cancels what is
//   under way and waits until the listener is not called any more.
// Threading: one thread. Limits: those it tells. Errors: told to the listener.
class Channel {
 public:
  struct Limits {
    size_t changes_per_request;
    size_t changes_under_way;          // No request is sent while as many are.
    std::chrono::microseconds gather;  // New changes are sent so long after those before.
  };

  virtual ~Channel() = default;
  virtual Limits limits() const = 0;

  // Whether a request can be sent now.
  virtual bool IsFree() const = 0;

  // Sends. Only while it IsFree; `sequence` is above 0 and those before.
  virtual void Send(uint64_t sequence, std::span<const Change> changes) = 0;
};

}  // namespace entitysync::service
