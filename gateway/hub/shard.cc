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
                         .logger = options.logger},
      deliveries_(executor, std::move(workers)),
      kept_(executor, options.kept_bytes, options.metrics),
      audit_(options.audit_period, executor, options.metrics, options.logger),
      revalidate_jitter_(options.revalidate_jitter) {
  for (size_t i = 0; i < options.gates.size(); ++i) {
    fetch::EntitySource& source = *catalog_.targets()[i].source;
    // No part can be moved, so that they are made in place.
    targets_.emplace_back(new fetch::TargetAccess{
        .gate = {options.gates[i], metrics_},
        .urgent = {executor, source, options.urgent, metrics_},
        .revalidations = {executor, source, options.revalidations, metrics_}});
  }
}

Shard::~Shard() {
  executor_.Cancel(revalidation_timer_);
  // Pairs that end now give their places to nobody.
  for (const auto& target : targets_) target->gate.Close();
}

void Shard::Subscribe(const Subscription& subscription, const fetch::Secret& secret) {
  assert(executor_.IsCurrent());
  metrics_.subscriptions.Increment();
  Pair& pair = FindOrAdd(subscription.key).FindOrAdd(secret);
  if (subscription.patches) pair.WantPatches();
  pair.Add({.ref = subscription.subscriber, .is_v1 = subscription.is_v1}, subscription.snapshot);
}

void Shard::WantPatches(const base::EntityKey& key, const fetch::Secret& secret) {
  assert(executor_.IsCurrent());
  WatchedKey* watched = Find(key);
  Pair* pair = watched == nullptr ? nullptr : watched->Find(*secret);
  if (pair != nullptr) pair->WantPatches();
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
  if (old_pair->wants_patches()) new_pair.WantPatches();
  std::optional<subs::Subscriber> subscriber = Remove(change.old_id, *watched, *old_pair);
  if (!subscriber.has_value()) return watched->RemoveIfEmpty(new_pair);
  subscriber->ref = change.subscriber;
  // What was purged was handed over but never sent.
  if (change.purged) subscriber->was_handed = subscriber->is_told_stale = false;
  new_pair.Add(*subscriber, wants_state || subscriber->is_v1);
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
    kept_.Drop(change.key);
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
  MakeSuspect();
  if (is_stopped_ || !coalescer_context_.bus_live) return;  // Its return asks for all.
  if (revalidation_timer_ != base::kNoTimer) return;        // One stands for all so far.
  const base::Duration delay = std::max(random_.Between(base::Duration(0), revalidate_jitter_),
                                        next_revalidation_ - executor_.Now());
  if (delay <= base::Duration(0)) return RevalidateAll();
  revalidation_timer_ = executor_.After(delay, [this] {
    revalidation_timer_ = base::kNoTimer;
    RevalidateAll();
  });
}

void Shard::OnBusLive(bool live) {
  assert(executor_.IsCurrent());
  coalescer_context_.bus_live = live;
  // What is answered while nobody listens may change unheard, up to the moment at which we listen
  // again.
  if (live) return OnGap();
  MakeSuspect();
  // What is asked while the bus is away has to be asked again.
  executor_.Cancel(std::exchange(revalidation_timer_, base::kNoTimer));
}

void Shard::MakeSuspect() {
  ++coalescer_context_.gap_epoch;
  kept_.DropAll();
  audit_.OnGap();
}

void Shard::RevalidateAll() {
  next_revalidation_ = executor_.Now() + kGapInterval;
  struct Suspect {
    size_t watchers;
    const base::EntityKey* key;
    Pair* pair;
  };
  std::vector<Suspect> suspects;
  for (const auto& [key, watched] : keys_) {
    for (const auto& pair : watched->pairs()) {
      suspects.push_back({pair->watchers(), key.get(), pair.get()});
    }
  }
  // Hottest first, and in an order that nothing about hashing decides: a key's pairs keep theirs.
  std::stable_sort(suspects.begin(), suspects.end(), [](const Suspect& a, const Suspect& b) {
    return a.watchers != b.watchers ? a.watchers > b.watchers : *a.key < *b.key;
  });
  for (const Suspect& suspect : suspects) suspect.pair->Revalidate();
}

void Shard::Clear() {
  is_stopped_ = true;
  executor_.Cancel(std::exchange(revalidation_timer_, base::kNoTimer));
  for (const auto& target : targets_) target->gate.Close();
  audit_.Stop();
  kept_.DropAll();
  keys_.clear();
}

WatchedKey& Shard::FindOrAdd(const base::KeyPtr& key) {
  const auto it = keys_.find(key);
  if (it != keys_.end()) return *it->second;
  const fetch::EntityType* type = catalog_.Find(key->entity);
  assert(type != nullptr && "sessions subscribe to types of the catalog only");
  metrics_.watched_keys.Increment();
  auto watched =
      std::make_unique<WatchedKey>(PairContext{coalescer_context_, deliveries_, kept_, audit_},
                                   *type, *targets_[type->target], key);
  audit_.Add(*watched);
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
    audit_.Remove(watched);
    keys_.erase(base::KeyPtr(watched.key()));
  }
  return removed;
}

}  // namespace entitysync::hub
