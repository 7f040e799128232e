#pragma once

#include <cstdint>

#include "gateway/base/executor.h"
#include "gateway/base/intrusive_list.h"
#include "gateway/base/log.h"
#include "gateway/hub/watched_key.h"
#include "gateway/metrics/metrics.h"

namespace entitysync::hub {

// Asks about everything watched once per period, as the last net below all others.
//
// Purpose: a loss that nobody noticed is mended within the period, and known: where an audit finds
//   another state than the one before, and no change is heard for kGrace after it, a change was
//   lost, or never notified.
// Owner and lifetime: a shard; outlives the keys. Threading: its loop.
// Limits: evenly spread; keys take turns in the order in which they came, so nothing depends on
//   hashes. Goes through the lane of the revalidations, and postpones the keys of a target in whose
//   lane somebody waits.
// Errors: a failed fetch is retried as any other, no longer as an audit.
class Audit {
 public:
  // How long after an audit's answer a change may still be heard that explains it: longer than from
  // an application's commit to the last attempt of its notify, and from there to the heartbeats
  // that betray a loss.
  static constexpr base::Duration kGrace = std::chrono::seconds(5);

  // `period` 0: never asks.
  Audit(base::Duration period, base::Executor& executor, metrics::HubMetrics& metrics,
        base::Logger logger);
  ~Audit() { executor_.Cancel(timer_); }

  // A key is watched from now on, or no more.
  void Add(WatchedKey& key);
  void Remove(WatchedKey& key);

  // An audit of `key` found another state.
  void OnDifference(WatchedKey& key);

  // Changes may have been missed: that explains what was found.
  void OnGap();

  // Asks no more.
  void Stop();

 private:
  void Arm();
  void OnTick();
  void AskNext(uint64_t count);
  void ReportDifferences();

  const base::Duration period_;
  const base::Duration tick_;
  base::Executor& executor_;
  metrics::HubMetrics& metrics_;
  const base::Logger logger_;
  base::IntrusiveList<WatchedKey, AuditTurn> turns_;      // Who is next comes first.
  base::IntrusiveList<WatchedKey, AuditTurn> postponed_;  // Their target was busy: before them.
  base::IntrusiveList<WatchedKey, AuditDifference> differences_;  // Oldest first.
  uint64_t keys_ = 0;
  uint64_t carried_ = 0;  // Of a key's turn, in nanoseconds of the period.
  base::TimePoint next_warning_{};
  base::TimerId timer_ = base::kNoTimer;
};

}  // namespace entitysync::hub
