#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/base/executor.h"
#include "gateway/base/log.h"
#include "gateway/base/random.h"
#include "gateway/fetch/asker.h"
#include "gateway/fetch/entity_catalog.h"
#include "gateway/fetch/entity_source.h"
#include "gateway/fetch/target_access.h"
#include "gateway/fetch/version_tracker.h"
#include "gateway/metrics/metrics.h"

namespace entitysync::fetch {

struct CoalescerOptions {
  base::Duration backoff_min = std::chrono::milliseconds(100);
  base::Duration backoff_max = std::chrono::seconds(10);
  // Upper end of the backoff of the one that finds out when a target is back.
  base::Duration probe_interval = std::chrono::seconds(1);
  // Upper end where the gate's line was full: coming again costs the application nothing.
  base::Duration refused_backoff_max = std::chrono::seconds(1);
  // Upper end of the backoff while a read replica lags: it will catch up soon.
  base::Duration lag_backoff_max = std::chrono::seconds(1);
  // A change with a lower version than one before is late, or the numbers started again: the
  // application is asked so much later, once for all such changes meanwhile.
  base::Duration doubt_delay = std::chrono::seconds(1);
  VersionTracker::Options versions;
};

// What the coalescers of one shard share; owned by the shard.
struct CoalescerContext {
  base::Executor& executor;
  base::Random& random;
  const CoalescerOptions& options;
  metrics::HubMetrics& metrics;
  base::Logger logger;
  // Raised whenever changes may have been missed: answers to fetches started before are suspect.
  uint64_t gap_epoch = 1;
  // Whether the bus is connected and confirmed; without it every state is suspect.
  bool bus_live = false;
  base::TimePoint next_warning{};

  // Logs a failed fetch, but not every one of an outage.
  void WarnOfFailure(const std::string& entity, absl::StatusCode code, bool misconfigured);
};

// What the application said of an entity.
enum class Outcome : uint8_t {
  kRows,
  kRemoved,  // The entity does not exist.
  kDenied,   // This viewer may not see it.
};

// An answer worth delivering.
struct Judged {
  Outcome outcome;
  FetchAnswer answer;
  // The numbers start again: this version, or the next, may be lower than the one before.
  bool versions_reset = false;
  // Nothing was heard that could have changed the state since the answer before: this is the
  // answer to an audit, and it ought to say the same.
  bool is_unexplained = false;
};

// The fetch that a coalescer started last.
struct LastFetch {
  FetchReason reason = FetchReason::kRevalidate;
  bool is_audit = false;
  uint64_t epoch = 0;  // CoalescerContext::gap_epoch when it started.
  base::TimePoint started;
};

// Between which spans a retry comes.
struct BackoffRange {
  base::Duration min;
  base::Duration max;
};

// Who gets the answers; outlives the coalescer.
struct OutcomeListener {
  virtual ~OutcomeListener() = default;
  virtual void OnOutcome(Judged judged) = 0;
  // The application could not be asked, or did not answer; it will be asked again.
  virtual void OnUnanswered() {}
};

// Decides when to fetch one (key, scope).
//
// Purpose: at most one fetch in flight and one more after it, however fast changes come; a change
//   during a fetch always causes another; failed fetches are retried until somebody answers. The
//   states: Idle → (Queued at the gate) → Gathering (in the BatchQueue) → Fetching → (changed
//   meanwhile: again) → Idle; Fetching → Waiting (failed: backoff) or Lagging (an old answer:
//   backoff that a change ends) → again. What comes before Fetching is covered by the fetch.
// Owner and lifetime: a pair of the hub. Destroying it cancels the fetch.
// Threading: the shard's loop.
// Limits: those of the gate and the options.
// Errors: an answer's status decides between final and retry; see docs/ARCHITECTURE.md.
class Coalescer final : public FetchGate::Waiter, public Asker, public Recovery::Sleeper {
 public:
  Coalescer(CoalescerContext& context, const EntityType& type, TargetAccess& target,
            base::KeyPtr key, Secret secret, uint64_t floor, OutcomeListener& listener);
  ~Coalescer() override;

  // The key was notified as changed. False: the last answer covers it, nothing is fetched for it.
  bool OnChange(std::optional<uint64_t> version);
  // The application must have this version, though nobody notified it here.
  void Expect(uint64_t version);
  // Somebody needs an answer.
  void Need();
  // Changes may have been missed: asks unless an answer of after the gap is there or under way.
  void Revalidate();
  // Asks whether the answer there is still true. False: it is being asked anyway.
  bool Audit();
  // Goes on from an answer that was final, and still is.
  void Restore(Outcome outcome, std::optional<uint64_t> version);

  // Whether the last answer still holds: a final one, nothing under way, nothing suspect.
  bool IsSettled() const { return answered_.has_value() && !IsDirty() && !IsSuspect(); }
  // Whether the last answer is old, but the best there is until the application is asked again.
  bool IsLagging() const { return phase_ == Phase::kLagging && !IsSuspect(); }
  // Whether a change came that the last answer does not cover, or may not.
  bool IsDirty() const;
  bool MayHaveMissed() const;  // Changes, since it was asked or began.
  uint64_t floor() const { return versions_.floor(); }

  void OnAdmitted() override;
  FetchRequest OnSend(base::TimePoint now) override;
  void OnAnswer(FetchAnswer answer, base::TimePoint now) override;
  void OnWoken() override;

 private:
  enum class Phase : uint8_t { kIdle, kQueued, kGathering, kFetching, kWaiting, kLagging };

  bool IsSuspect() const;
  FetchReason ReasonToSay() const;
  void Raise(FetchReason& reason, FetchReason to) const;
  bool Covers(uint64_t version) const;
  void AskLater();
  void RequestFetch();
  void Gather();
  void LeaveGate(absl::StatusCode code, base::TimePoint now);
  void OnRows(FetchAnswer answer, base::TimePoint now);
  void OnNotFound(FetchAnswer answer, base::TimePoint now);
  void OnFailure(absl::StatusCode code);
  BackoffRange SlowEnd() const;
  BackoffRange AfterFailure();
  void Settle(Judged judged);
  void AskAgain(Phase wait, BackoffRange backoff);
  void RetryAfter(Phase wait, BackoffRange backoff, uint32_t attempt);
  void EndWait();

  CoalescerContext& context_;
  const EntityType& type_;
  TargetAccess& target_;
  const base::KeyPtr key_;
  const Secret secret_;
  OutcomeListener& listener_;
  VersionTracker versions_;

  Phase phase_ = Phase::kIdle;
  bool must_fetch_ = false;            // Something came that only another fetch can answer,
  bool changed_with_version_ = false;  // or that an answer of a high enough version covers as well.
  bool changed_without_version_ = false;           // The former is a change.
  bool is_audit_ = false;                          // The next fetch is.
  FetchReason reason_ = FetchReason::kRevalidate;  // Of the next fetch.
  FetchGate::Priority priority_ = FetchGate::Priority::kUrgent;
  LastFetch last_;
  std::optional<Outcome> answered_;  // How the last fetch ended, if for good.
  bool is_removed_ = false;          // The last to be believed, for good or not: NOT_FOUND.
  uint32_t failures_ = 0;            // Since the last answer.
  uint32_t recoveries_ = 0;          // Recovery::recoveries() at the last failure.
  uint32_t lags_ = 0;                // Old answers since the last final one.
  const uint64_t first_epoch_;       // When it began: what was missed before concerns nobody here.
  uint64_t validated_epoch_ = 0;
  base::TimerId timer_ = base::kNoTimer;
  base::TimerId doubt_timer_ = base::kNoTimer;
};

}  // namespace entitysync::fetch
