#pragma once

#include <absl/container/flat_hash_map.h>

#include <memory>
#include <vector>

#include "gateway/base/executor.h"
#include "gateway/base/log.h"
#include "gateway/changelog/change_publisher.h"
#include "gateway/fetch/entity_catalog.h"
#include "gateway/hub/delivery_queue.h"
#include "gateway/hub/subscriptions.h"
#include "gateway/hub/watched_key.h"
#include "gateway/metrics/metrics.h"

namespace entitysync::hub {

// What every shard of a hub is made with; the references outlive the hub.
struct ShardOptions {
  const fetch::EntityCatalog& catalog;
  const fetch::CoalescerOptions& coalescer;
  // This shard's share of each target's limits, by target.
  std::vector<fetch::FetchGate::Limits> gates;
  size_t revalidate_batch = 100;  // The most revalidations in one call.
  metrics::HubMetrics& metrics;
  base::Logger logger;
  uint64_t seed = 0;
};

// The owner of a slice of the keys: who watches them, in which scopes, and in what state.
//
// Purpose: changes and subscriptions come in, deliveries go out.
// Owner and lifetime: the hub; Clear is called on the loop before destruction.
// Threading: every method runs on the shard's loop.
// Limits: nothing is kept of keys that nobody watches.
// Errors: a call that names what is gone is ignored: it crossed the end of a subscription.
class Shard {
 public:
  Shard(ShardOptions options, base::Executor& executor, std::vector<WorkerPort> workers);

  void Subscribe(const subs::SubscriberRef& subscriber, const base::KeyPtr& key,
                 const fetch::Secret& secret, bool snapshot);
  void Unsubscribe(subs::SubscriptionId id, const base::EntityKey& key,
                   const fetch::Secret& secret);
  void ChangeCredential(const Subscriptions::CredentialChange& change);
  void Refresh(subs::SubscriptionId id, const base::EntityKey& key, const fetch::Secret& secret);

  void OnChanges(const std::vector<changelog::Change>& changes);
  void OnGap();
  void OnBusLive(bool live);

  // Forgets everything and cancels all fetches.
  void Clear();

 private:
  WatchedKey& FindOrAdd(const base::KeyPtr& key);
  WatchedKey* Find(const base::EntityKey& key);
  // Takes the subscription out, and the pair and the key with it if it was the last.
  std::optional<subs::Subscriber> Remove(subs::SubscriptionId id, WatchedKey& watched, Pair& pair);

  base::Executor& executor_;
  const fetch::EntityCatalog& catalog_;
  metrics::HubMetrics& metrics_;
  base::Random random_;
  fetch::CoalescerContext coalescer_context_;
  DeliveryQueue deliveries_;
  std::vector<std::unique_ptr<fetch::TargetAccess>> targets_;
  absl::flat_hash_map<base::KeyPtr, std::unique_ptr<WatchedKey>, base::KeyPtrHash,
                      base::KeyPtrEqual>
      keys_;
};

}  // namespace entitysync::hub
