#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gateway/base/position_index.h"
#include "gateway/subs/subscriber.h"

namespace entitysync::subs {

// The subscriptions that share one state (one key, one scope).
//
// Purpose: walk all in a stable order at memory speed; add and remove in constant time.
// Owner and lifetime: a shard's pair. Threading: none; owned by one shard.
// Limits: 48 bytes per subscription; 6 to 12 more each where there are many.
// Order: of addition until something is removed; a removal moves the last to the gap.
class SubscriberList {
 public:
  // The reference is valid until the next Add or Remove. An id is added once only.
  Subscriber& Add(const Subscriber& subscriber);

  // Removes and returns it; nothing if it is not here.
  std::optional<Subscriber> Remove(SubscriptionId id);

  // Null if it is not here. Valid until the next Add or Remove.
  Subscriber* Find(SubscriptionId id);

  std::span<Subscriber> all() { return subscribers_; }
  size_t size() const { return subscribers_.size(); }
  bool empty() const { return subscribers_.empty(); }

 private:
  struct IdOf {
    SubscriptionId operator()(const Subscriber& subscriber) const { return subscriber.ref.id; }
  };

  std::vector<Subscriber> subscribers_;
  base::PositionIndex<Subscriber, IdOf> positions_{subscribers_};
};

}  // namespace entitysync::subs
