#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gateway/subs/subscriber.h"

namespace entitysync::subs {

// The subscriptions that share one state (one key, one scope).
//
// Purpose: walk all in a stable order at memory speed; add and remove in constant time.
// Owner and lifetime: a shard's pair. Threading: none; owned by one shard.
// Limits: 48 bytes per subscription; 12 to 24 more each once there are more than kIndexFrom.
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
  // Up to here a linear search is as fast as a hash table and needs no memory.
  static constexpr size_t kIndexFrom = 16;

  std::optional<size_t> PositionOf(SubscriptionId id) const;

  std::vector<Subscriber> subscribers_;
  absl::flat_hash_map<SubscriptionId, uint32_t> positions_;  // Empty while the list is short.
};

}  // namespace entitysync::subs
