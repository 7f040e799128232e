#include "gateway/hub/shard.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace entitysync::hub {

Shard::Shard(ShardOptions options, base::Executor& executor, std::vector<WorkerPort> workers)
    : executor_(executor),
      catalog_(options.catalog),
      metrics_(options.metrics),
      random_(options.seed),
      coalescer_context_{.executor = executor,
                         .random = random_,
                         .options = options.coalescer,
                         .metrics = options.metrics,
                         .logger = std::move(options.logger)},
      deliveries_(executor, std::move(workers)) {
  for (const fetch::FetchGate::Limits& limits : options.gates) {
    // Neither part can be moved, so that they are made in place.
    targets_.emplace_back(new fetch::TargetAccess{
        .gate = {limits, metrics_}, .batches = {executor, options.revalidate_batch, metrics_}});
  }
}

void Shard::Subscribe(const subs::SubscriberRef& subscriber, const base::KeyPtr& key,
                      const fetch::Secret& secret, bool snapshot) {
  assert(executor_.IsCurrent());
  metrics_.subscriptions.Increment();
  FindOrAdd(key).FindOrAdd(secret).Add({.ref = subscriber}, snapshot);
}

void Shard::Unsubscribe(subs::SubscriptionId id, const base::EntityKey& key,
                        const fetch::Secret& secret) {
  assert(executor_.IsCurrent());
  WatchedKey* watched = Find(key);
  Pair* pair = watched == nullptr ? nullptr : watched->Find(*secret);
  if (pair != nullptr && Remove(id, *watched, *pair).has_value()) {
    metrics_.subscriptions.Decrement();
  }
}

void Shard::ChangeCredential(const Subscriptions::CredentialChange& change) {
  assert(executor_.IsCurrent());
  WatchedKey* watched = Find(*change.key);
  Pair* old_pair = watched == nullptr ? nullptr : watched->Find(*change.old_secret);
  if (old_pair == nullptr) return;
  // What the old secret was still owed, was denied, or lost. Where subscriptions begin with a
  // snapshot, another viewer's subscription does too.
  const bool wants_state = change.purged || old_pair->IsDirty() || old_pair->IsDenied() ||
                           catalog_.Find(change.key->entity)->classic_snapshot;
  // The new pair comes first, so that the key does not go when the old one was its last.
  Pair& new_pair = watched->FindOrAdd(change.new_secret);
  std::optional<subs::Subscriber> subscriber = Remove(change.old_id, *watched, *old_pair);
  if (!subscriber.has_value()) return watched->RemoveIfEmpty(new_pair);
  subscriber->ref = change.subscriber;
  // What was purged was handed over but never sent.
  if (change.purged) subscriber->was_handed = false;
  new_pair.Add(*subscriber, wants_state);
}

void Shard::Refresh(subs::SubscriptionId id, const base::EntityKey& key,
                    const fetch::Secret& secret) {
  assert(executor_.IsCurrent());
  WatchedKey* watched = Find(key);
  Pair* pair = watched == nullptr ? nullptr : watched->Find(*secret);
  if (pair != nullptr) pair->Refresh(id);
}

void Shard::OnChanges(const std::vector<changelog::Change>& changes) {
  assert(executor_.IsCurrent());
  for (const changelog::Change& change : changes) {
    metrics_.changes_received.Increment();
    WatchedKey* watched = Find(change.key);
    if (watched == nullptr) {
      metrics_.changes_unwatched.Increment();
    } else {
      watched->OnChange(change.version);
    }
  }
}

void Shard::OnGap() {
  assert(executor_.IsCurrent());
  ++coalescer_context_.gap_epoch;
  // In an order that nothing about hashing decides.
  std::vector<WatchedKey*> watched;
  watched.reserve(keys_.size());
  for (const auto& [key, value] : keys_) watched.push_back(value.get());
  std::sort(watched.begin(), watched.end(),
            [](const WatchedKey* a, const WatchedKey* b) { return *a->key() < *b->key(); });
  for (WatchedKey* key : watched) key->Revalidate();
}

void Shard::OnBusLive(bool live) {
  assert(executor_.IsCurrent());
  coalescer_context_.bus_live = live;
}

void Shard::Clear() {
  for (const auto& target : targets_) target->gate.Close();
  keys_.clear();
}

WatchedKey& Shard::FindOrAdd(const base::KeyPtr& key) {
  const auto it = keys_.find(key);
  if (it != keys_.end()) return *it->second;
  const fetch::EntityType* type = catalog_.Find(key->entity);
  assert(type != nullptr && "sessions subscribe to types of the catalog only");
  metrics_.watched_keys.Increment();
  auto watched = std::make_unique<WatchedKey>(PairContext{coalescer_context_, deliveries_}, *type,
                                              *targets_[type->target], key);
  return *keys_.emplace(key, std::move(watched)).first->second;
}

WatchedKey* Shard::Find(const base::EntityKey& key) {
  const auto it = keys_.find(key);
  return it == keys_.end() ? nullptr : it->second.get();
}

std::optional<subs::Subscriber> Shard::Remove(subs::SubscriptionId id, WatchedKey& watched,
                                              Pair& pair) {
  std::optional<subs::Subscriber> removed = pair.Remove(id);
  watched.RemoveIfEmpty(pair);
  if (watched.empty()) {
    metrics_.watched_keys.Decrement();
    keys_.erase(base::KeyPtr(watched.key()));
  }
  return removed;
}

}  // namespace entitysync::hub
