#pragma once

#include <absl/container/flat_hash_map.h>

#include <memory>
#include <vector>

#include "gateway/base/executor.h"
#include "gateway/base/log.h"
#include "gateway/changelog/change_publisher.h"
#include "gateway/fetch/entity_catalog.h"
#include "gateway/hub/audit.h"
#include "gateway/hub/delivery_queue.h"
#include "gateway/hub/kept_states.h"
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
  fetch::BatchOptions urgent;         // Of fetches that somebody waits for,
  fetch::BatchOptions revalidations;  // and of the others.
  // After a gap the revalidations begin within this time ...
  base::Duration revalidate_jitter{0};
  // ... and everything watched is asked about once in this one; 0: never.
  base::Duration audit_period{0};
  size_t kept_bytes = 0;  // This shard's share.
  metrics::HubMetrics& metrics;
  base::Logger logger;
  uint64_t seed = 0;
};

// The owner of a slice of the keys: who watches them, in which scopes, and in what state.
//
// Purpose: changes and subscriptions come in, deliveries go out. After a gap everything is suspect
//   at once, and is revalidated after a moment that differs from replica to replica, that which
//   most wait for first.
// Owner and lifetime: the hub; Clear is called on the loop before destruction.
// Threading: every method runs on the shard's loop.
// Limits: of keys that nobody watches only what KeptStates may keep. Gaps that come within
//   kGapInterval, or before the revalidations of the one before began, cost no more than one.
// Errors: a call that names what is gone is ignored: it crossed the end of a subscription.
class Shard {
 public:
  static constexpr base::Duration kGapInterval = std::chrono::milliseconds(100);

  Shard(ShardOptions options, base::Executor& executor, std::vector<WorkerPort> workers);
  ~Shard();

  void Subscribe(const Subscription& subscription, const fetch::Secret& secret);
  void WantPatches(const base::EntityKey& key, const fetch::Secret& secret);
  void Unsubscribe(subs::SubscriptionId id, const base::EntityKey& key,
                   const fetch::Secret& secret);
  void ChangeCredential(const Subscriptions::CredentialChange& change);
  void Refresh(subs::SubscriptionId id, const base::EntityKey& key, const fetch::Secret& secret);

  void OnChanges(const std::vector<changelog::Change>& changes);
  // Changes may have been missed.
  void OnGap();
  void OnBusLive(bool live);

  // Forgets everything and cancels all fetches.
  void Clear();

 private:
  WatchedKey& FindOrAdd(const base::KeyPtr& key);
  WatchedKey* Find(const base::EntityKey& key);
  // Takes the subscription out, and the pair and the key with it if it was the last.
  std::optional<subs::Subscriber> Remove(subs::SubscriptionId id, WatchedKey& watched, Pair& pair);
  void MakeSuspect();
  void RevalidateAll();

  base::Executor& executor_;
  const fetch::EntityCatalog& catalog_;
  metrics::HubMetrics& metrics_;
  base::Random random_;
  fetch::CoalescerContext coalescer_context_;
  DeliveryQueue deliveries_;
  std::vector<std::unique_ptr<fetch::TargetAccess>> targets_;
  KeptStates kept_;
  Audit audit_;
  const base::Duration revalidate_jitter_;
  base::TimePoint next_revalidation_{};                // Not before.
  base::TimerId revalidation_timer_ = base::kNoTimer;  // Set from a gap until they begin.
  bool is_stopped_ = false;
  absl::flat_hash_map<base::KeyPtr, std::unique_ptr<WatchedKey>, base::KeyPtrHash,
                      base::KeyPtrEqual>
      keys_;
};

}  // namespace entitysync::hub
