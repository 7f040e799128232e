#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "gateway/changelog/change_sink.h"
#include "gateway/hub/shard.h"
#include "gateway/hub/subscriptions.h"

namespace entitysync::hub {

struct HubOptions {
  // Changes waiting for one shard beyond this are dropped and count as a gap.
  size_t mailbox_changes = 100'000;
  // The most revalidations of one target at a time, over all shards.
  size_t revalidations_in_flight = 64;
  fetch::CoalescerOptions coalescer;
  uint64_t seed = 0;  // Of everything that chance decides.
  // With how many it begins, before it is known what the application bears.
  size_t revalidations_initial = 16;
  // How those travel together, and the fetches that somebody waits for.
  fetch::BatchOptions revalidations;
  fetch::BatchOptions urgent{.window = std::chrono::milliseconds(2)};
  // After a gap each shard begins at a random moment within this time.
  base::Duration revalidate_jitter = std::chrono::milliseconds(250);
  // In this time everything watched is asked about once, gap or not. 0: never.
  base::Duration audit_period = std::chrono::minutes(10);
  // What the kept states of all shards may take.
  size_t kept_bytes = 64 * 1024 * 1024;
};

// From changes to deliveries: the shards, and the doors to them.
//
// Purpose: routes every call to the shard that owns the key, by post.
// Owner and lifetime: the composition root. Stop, let the loops run dry, then destroy.
// Threading: ChangeSink and Subscriptions may be called from any thread.
// Limits: the mailbox of each shard is bounded in changes; an overflow is a gap, never a silent
// loss.
class Hub final : public changelog::ChangeSink, public Subscriptions {
 public:
  // One shard per executor. All that is referred to outlives the hub.
  Hub(HubOptions options, const std::vector<base::Executor*>& shard_loops,
      const std::vector<WorkerPort>& workers, const fetch::EntityCatalog& catalog,
      metrics::Metrics& metrics, const base::Logger& logger);
  ~Hub() override;

  void OnChanges(std::vector<changelog::Change> changes) override;
  void OnGap() override;
  void OnBusLive(bool live) override;

  void Subscribe(Subscription subscription, fetch::Secret secret) override;
  void SubscribeAll(std::vector<Subscription> subscriptions, fetch::Secret secret) override;
  void WantPatches(base::KeyPtr key, fetch::Secret secret) override;
  void Unsubscribe(subs::SubscriptionId id, base::KeyPtr key, fetch::Secret secret) override;
  void ChangeCredential(CredentialChange change) override;
  void Refresh(subs::SubscriptionId id, base::KeyPtr key, fetch::Secret secret) override;

  // Forgets all subscriptions and cancels all fetches, on the shards' loops.
  void Stop();

 private:
  struct Slice {
    base::Executor* loop = nullptr;
    std::unique_ptr<Shard> shard;
    std::atomic<size_t> waiting{0};
    std::atomic<uint32_t> gaps{0};  // Noticed, and not passed on yet.
  };

  size_t IndexOf(const base::EntityKey& key) const;
  Slice& SliceOf(const base::EntityKey& key) { return *slices_[IndexOf(key)]; }
  void PostChanges(Slice& slice, std::vector<changelog::Change> changes);
  static void PostGap(Slice& slice);

  const HubOptions options_;
  metrics::Metrics& metrics_;
  std::vector<std::unique_ptr<Slice>> slices_;
};

}  // namespace entitysync::hub
