#include "gateway/hub/hub.h"

#include <algorithm>
#include <utility>

namespace entitysync::hub {
namespace {

// The part of a replica's limit that falls to shard `index`. At least 1: a shard that may ask
// nothing would keep its keys waiting for ever.
size_t Share(size_t limit, size_t index, size_t shards) {
  return std::max<size_t>(1, limit / shards + (index < limit % shards ? 1 : 0));
}

// Places that do not make up a whole call would make small ones, one after each full one.
size_t WholeCalls(size_t places, size_t max_items) {
  return places > max_items ? places - places % max_items : places;
}

std::vector<fetch::FetchGate::Limits> GateLimits(const HubOptions& options,
                                                 const fetch::EntityCatalog& catalog, size_t index,
                                                 size_t shards) {
  std::vector<fetch::FetchGate::Limits> limits;
  for (const fetch::Target& target : catalog.targets()) {
    const size_t in_flight =
        WholeCalls(Share(target.max_in_flight, index, shards), options.urgent.max_items);
    const size_t revalidations = Share(options.revalidations_in_flight, index, shards);
    limits.push_back(
        {.in_flight = in_flight,
         .revalidations_in_flight = std::min(in_flight, revalidations),
         .queued = Share(target.max_queued, index, shards),
         .revalidations_initial = Share(options.revalidations_initial, index, shards)});
  }
  return limits;
}

}  // namespace

Hub::Hub(HubOptions options, const std::vector<base::Executor*>& shard_loops,
         const std::vector<WorkerPort>& workers, const fetch::EntityCatalog& catalog,
         metrics::Metrics& metrics, const base::Logger& logger)
    : options_(options), metrics_(metrics) {
  for (base::Executor* loop : shard_loops) {
    auto slice = std::make_unique<Slice>();
    slice->loop = loop;
    slice->shard = std::make_unique<Shard>(
        ShardOptions{.catalog = catalog,
                     .coalescer = options_.coalescer,
                     .gates = GateLimits(options_, catalog, slices_.size(), shard_loops.size()),
                     .urgent = options_.urgent,
                     .revalidations = options_.revalidations,
                     .revalidate_jitter = options_.revalidate_jitter,
                     .audit_period = options_.audit_period,
                     .kept_bytes = options_.kept_bytes / shard_loops.size(),
                     .metrics = metrics.hub,
                     .logger = logger,
                     .seed = options_.seed + slices_.size()},
        *loop, workers);
    slices_.push_back(std::move(slice));
  }
}

Hub::~Hub() = default;

void Hub::OnChanges(std::vector<changelog::Change> changes) {
  if (slices_.size() == 1) return PostChanges(*slices_[0], std::move(changes));
  std::vector<std::vector<changelog::Change>> parts(slices_.size());
  for (changelog::Change& change : changes) {
    parts[IndexOf(change.key)].push_back(std::move(change));
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i].empty()) PostChanges(*slices_[i], std::move(parts[i]));
  }
}

void Hub::PostChanges(Slice& slice, std::vector<changelog::Change> changes) {
  const size_t count = changes.size();
  if (slice.waiting.fetch_add(count) + count <= options_.mailbox_changes) {
    slice.loop->Post([&slice, changes = std::move(changes)] {
      slice.waiting -= changes.size();
      slice.shard->OnChanges(changes);
    });
    return;
  }
  slice.waiting -= count;
  metrics_.bus.gaps_mailbox.Increment();
  PostGap(slice);
}

void Hub::PostGap(Slice& slice) {
  if (slice.gaps.fetch_add(1) > 0) return;
  slice.loop->Post([&slice] {
    const uint32_t gaps = slice.gaps.exchange(0);
    slice.shard->OnGap();
    // One stands for all that came while it waited, but for whoever subscribed meanwhile: they come
    // after it in the loop's line, so one more goes behind them.
    if (gaps > 1) PostGap(slice);
  });
}

void Hub::OnGap() {
  for (const auto& slice : slices_) PostGap(*slice);
}

void Hub::OnBusLive(bool live) {
  for (const auto& slice : slices_) {
    slice->loop->Post([shard = slice->shard.get(), live] { shard->OnBusLive(live); });
  }
}

void Hub::Subscribe(Subscription subscription, fetch::Secret secret) {
  Slice& slice = SliceOf(*subscription.key);
  slice.loop->Post([shard = slice.shard.get(), subscription = std::move(subscription),
                    secret = std::move(secret)] { shard->Subscribe(subscription, secret); });
}

// One post per shard: what a shard begins in one turn, it asks about in as few calls as can be.
void Hub::SubscribeAll(std::vector<Subscription> subscriptions, fetch::Secret secret) {
  std::vector<std::vector<Subscription>> parts(slices_.size());
  for (Subscription& subscription : subscriptions) {
    parts[IndexOf(*subscription.key)].push_back(std::move(subscription));
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty()) continue;
    slices_[i]->loop->Post([shard = slices_[i]->shard.get(), part = std::move(parts[i]), secret] {
      for (const Subscription& subscription : part) shard->Subscribe(subscription, secret);
    });
  }
}

void Hub::WantPatches(base::KeyPtr key, fetch::Secret secret) {
  Slice& slice = SliceOf(*key);
  slice.loop->Post([shard = slice.shard.get(), key = std::move(key), secret = std::move(secret)] {
    shard->WantPatches(*key, secret);
  });
}

void Hub::Unsubscribe(subs::SubscriptionId id, base::KeyPtr key, fetch::Secret secret) {
  Slice& slice = SliceOf(*key);
  slice.loop->Post([shard = slice.shard.get(), id, key = std::move(key),
                    secret = std::move(secret)] { shard->Unsubscribe(id, *key, secret); });
}

void Hub::ChangeCredential(CredentialChange change) {
  Slice& slice = SliceOf(*change.key);
  slice.loop->Post(
      [shard = slice.shard.get(), change = std::move(change)] { shard->ChangeCredential(change); });
}

void Hub::Refresh(subs::SubscriptionId id, base::KeyPtr key, fetch::Secret secret) {
  Slice& slice = SliceOf(*key);
  slice.loop->Post([shard = slice.shard.get(), id, key = std::move(key),
                    secret = std::move(secret)] { shard->Refresh(id, *key, secret); });
}

void Hub::Stop() {
  for (const auto& slice : slices_) {
    slice->loop->Post([shard = slice->shard.get()] { shard->Clear(); });
  }
}

size_t Hub::IndexOf(const base::EntityKey& key) const {
  return slices_.size() == 1 ? 0 : base::StableHash(key) % slices_.size();
}

}  // namespace entitysync::hub
