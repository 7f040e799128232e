#pragma once

#include <absl/functional/any_invocable.h>
#include <absl/status/status.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "gateway/base/entity_key.h"
#include "gateway/base/time.h"

namespace entitysync::changelog {

// The fact that an entity changed; see entitysync.v1.Change.
struct Change {
  base::EntityKey key;
  std::optional<uint64_t> version;
};

// Called exactly once, on any thread: OK when the bus provably has the changes, UNAVAILABLE when
// that is not known in time (perhaps heard; retry).
using PublishDone = absl::AnyInvocable<void(absl::Status)>;

struct PublishTerms {
  base::Duration timeout;
  // Whether the changes may wait to be published together with others, for as long as the publisher
  // is set to gather. They do not while few come.
  bool may_gather = false;
};

// Takes changes that were validated and brings them to all replicas; implemented by ChangeLog.
// Threading: any thread; never blocks; `done` may run inside the call when the queue is full.
class ChangePublisher {
 public:
  virtual ~ChangePublisher() = default;
  virtual void Publish(std::vector<Change> changes, PublishTerms terms, PublishDone done) = 0;
};

}  // namespace entitysync::changelog
