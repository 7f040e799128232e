#include "gateway/fetch/coalescer.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "gateway/base/backoff.h"
#include "gateway/base/printable.h"

namespace entitysync::fetch {
namespace {

// A change says more than a new watcher, which says more than a doubt. But as long as nothing was
// answered at all (`is_first`) more may have changed than what was heard.
bool Outranks(FetchReason a, FetchReason b, bool is_first) {
  if (is_first && a != b && a != FetchReason::kRevalidate && b != FetchReason::kRevalidate) {
    return a == FetchReason::kSnapshot;
  }
  return static_cast<int>(a) < static_cast<int>(b);
}

metrics::Counter& StartedCounter(metrics::HubMetrics& metrics, FetchReason reason) {
  switch (reason) {
    case FetchReason::kChange:
      return metrics.fetches_change;
    case FetchReason::kSnapshot:
      return metrics.fetches_snapshot;
    case FetchReason::kRevalidate:
      return metrics.fetches_revalidate;
  }
  return metrics.fetches_change;
}

// UNIMPLEMENTED, INVALID_ARGUMENT: the gateway asks for what its target does not serve.
bool IsMisconfiguration(absl::StatusCode code) {
  return code == absl::StatusCode::kUnimplemented || code == absl::StatusCode::kInvalidArgument;
}

// Whether the application answered the question, one way or the other.
bool IsFinal(absl::StatusCode code) {
  return code == absl::StatusCode::kOk || code == absl::StatusCode::kNotFound ||
         code == absl::StatusCode::kPermissionDenied || code == absl::StatusCode::kUnauthenticated;
}

// The longest entity type shown in a log line.
constexpr size_t kShownBytes = 64;
constexpr base::Duration kWarningInterval = std::chrono::seconds(1);
// A refusal is nobody's failure: the backoff after one does not grow.
constexpr uint32_t kRefusedAttempt = 3;

}  // namespace

void CoalescerContext::WarnOfFailure(const std::string& entity, absl::StatusCode code,
                                     bool misconfigured) {
  // An application that is away fails every pair: one line stands for all.
  if (executor.Now() < next_warning) return;
  next_warning = executor.Now() + kWarningInterval;
  logger->warn("fetch of a \"{}\" failed with {}{}; retrying", base::Printable(entity, kShownBytes),
               absl::StatusCodeToString(code),
               misconfigured ? " (does its target serve this entity type?)" : "");
}

Coalescer::Coalescer(CoalescerContext& context, const EntityType& type, TargetAccess& target,
                     base::KeyPtr key, Secret secret, uint64_t floor, OutcomeListener& listener)
    : context_(context),
      type_(type),
      target_(target),
      key_(std::move(key)),
      secret_(std::move(secret)),
      listener_(listener),
      versions_(context.options.versions, floor),
      first_epoch_(context.gap_epoch) {}

Coalescer::~Coalescer() {
  context_.executor.Cancel(timer_);
  context_.executor.Cancel(doubt_timer_);
  target_.gate.Forget(*this);
  target_.recovery.Forget(*this);
  const bool has_place = phase_ == Phase::kGathering || phase_ == Phase::kFetching;
  target_.queue(priority_).Forget(*this);  // Before its place goes to another.
  if (has_place) target_.gate.Leave(priority_);
}

bool Coalescer::OnChange(std::optional<uint64_t> version) {
  assert(context_.executor.IsCurrent());
  last_.is_audit = false;  // What is found under way is explained.
  if (version.has_value() && versions_.IsLow(*version)) AskLater();
  if (version.has_value() && Covers(*version)) {
    context_.metrics.fetches_skipped.Increment();
    return false;
  }
  // The application answers, only not all yet: what is new now need not wait.
  if (phase_ == Phase::kLagging) EndWait();
  if (version.has_value()) {
    Expect(*version);
    return true;
  }
  must_fetch_ = changed_without_version_ = true;
  Raise(reason_, FetchReason::kChange);
  RequestFetch();
  return true;
}

void Coalescer::AskLater() {
  if (doubt_timer_ != base::kNoTimer) return;
  doubt_timer_ = context_.executor.After(context_.options.doubt_delay, [this] {
    doubt_timer_ = base::kNoTimer;
    must_fetch_ = true;
    RequestFetch();
  });
}

void Coalescer::Expect(uint64_t version) {
  versions_.RaiseFloor(version);
  changed_with_version_ = true;
  Raise(reason_, FetchReason::kChange);
  RequestFetch();
}

void Coalescer::Raise(FetchReason& reason, FetchReason to) const {
  if (Outranks(to, reason, validated_epoch_ == 0)) reason = to;
}

void Coalescer::Need() {
  assert(context_.executor.IsCurrent());
  // The answer under way serves a new watcher as well: changes since it started cause another. But
  // if it fails, or did, somebody waits for the next.
  if (phase_ == Phase::kFetching) return Raise(last_.reason, FetchReason::kSnapshot);
  if (phase_ == Phase::kWaiting) return Raise(reason_, FetchReason::kSnapshot);
  if (phase_ == Phase::kLagging) EndWait();
  must_fetch_ = true;
  Raise(reason_, FetchReason::kSnapshot);
  RequestFetch();
}

void Coalescer::Revalidate() {
  assert(context_.executor.IsCurrent());
  if (phase_ == Phase::kLagging) EndWait();
  switch (phase_) {
    case Phase::kQueued:
    case Phase::kGathering:
    case Phase::kWaiting:
    case Phase::kLagging:  // Not any more.
      return;              // A fetch follows.
    case Phase::kFetching:
      if (last_.epoch == context_.gap_epoch) return;
      break;
    case Phase::kIdle:
      if (!MayHaveMissed() && !IsDirty()) return;
      break;
  }
  must_fetch_ = true;
  RequestFetch();
}

bool Coalescer::Audit() {
  assert(context_.executor.IsCurrent());
  if (IsDirty()) return false;
  is_audit_ = true;
  must_fetch_ = true;
  RequestFetch();
  return true;
}

void Coalescer::Restore(Outcome outcome, std::optional<uint64_t> version) {
  assert(!answered_.has_value() && !IsDirty());
  answered_ = outcome;
  is_removed_ = outcome == Outcome::kRemoved;
  validated_epoch_ = context_.gap_epoch;
  versions_.Restore(version);
}

bool Coalescer::IsDirty() const {
  return phase_ != Phase::kIdle || must_fetch_ || changed_with_version_ ||
         doubt_timer_ != base::kNoTimer;
}

bool Coalescer::MayHaveMissed() const {
  return std::max(validated_epoch_, first_epoch_) != context_.gap_epoch;
}

bool Coalescer::IsSuspect() const {
  return !context_.bus_live || validated_epoch_ != context_.gap_epoch;
}

// Only a fetch that brought rows covers a version: after a denial nobody knows what is there now.
bool Coalescer::Covers(uint64_t version) const {
  return answered_ == Outcome::kRows && versions_.Covers(version) && !IsSuspect();
}

// An application may answer a fetch for a change from a read replica that has min_version. Where
// more may have been missed than that change, it must know. So it must where it said that there is
// nothing: that has no version by which a state from before would be seen to be old.
FetchReason Coalescer::ReasonToSay() const {
  const bool is_change = reason_ == FetchReason::kChange;
  return is_change && (MayHaveMissed() || is_removed_) ? FetchReason::kRevalidate : reason_;
}

void Coalescer::RequestFetch() {
  const auto wanted = reason_ == FetchReason::kRevalidate ? FetchGate::Priority::kRevalidate
                                                          : FetchGate::Priority::kUrgent;
  if (phase_ == Phase::kQueued && wanted != priority_ && wanted == FetchGate::Priority::kUrgent) {
    target_.gate.Forget(*this);  // Somebody waits now: into the other line.
    phase_ = Phase::kIdle;
  }
  if (phase_ != Phase::kIdle) return;
  priority_ = wanted;
  switch (target_.gate.Enter(*this, priority_)) {
    case FetchGate::Admission::kNow:
      return Gather();
    case FetchGate::Admission::kQueued:
      phase_ = Phase::kQueued;
      return;
    case FetchGate::Admission::kRefused:
      RetryAfter(Phase::kWaiting,
                 {.min = context_.options.backoff_min, .max = context_.options.refused_backoff_max},
                 kRefusedAttempt);
      return listener_.OnUnanswered();
  }
}

void Coalescer::OnAdmitted() {
  assert(phase_ == Phase::kQueued);
  Gather();
}

void Coalescer::Gather() {
  phase_ = Phase::kGathering;
  target_.queue(priority_).Ask(*this, !type_.batch);
}

FetchRequest Coalescer::OnSend(base::TimePoint now) {
  assert(phase_ == Phase::kGathering);
  phase_ = Phase::kFetching;
  must_fetch_ = changed_with_version_ = changed_without_version_ = false;
  last_.epoch = context_.gap_epoch;
  last_.started = now;
  versions_.OnFetch();
  StartedCounter(context_.metrics, reason_).Increment();
  const FetchRequest request{
      .key = *key_, .secret = *secret_, .reason = ReasonToSay(), .min_version = versions_.floor()};
  last_.is_audit = std::exchange(is_audit_, false) && reason_ == FetchReason::kRevalidate &&
                   answered_.has_value() && !IsSuspect();
  last_.reason = std::exchange(reason_, FetchReason::kRevalidate);
  return request;
}

void Coalescer::OnAnswer(FetchAnswer answer, base::TimePoint now) {
  assert(context_.executor.IsCurrent() && phase_ == Phase::kFetching);
  phase_ = Phase::kIdle;
  const absl::StatusCode code = answer.status.code();
  // Before another fetch of this pair gets in line behind the others.
  LeaveGate(code, now);
  if (IsFinal(code) || IsMisconfiguration(code)) {
    target_.recovery.OnAnswer(last_.started, now);
  } else {
    target_.recovery.OnFailure(last_.started);
  }
  switch (code) {
    case absl::StatusCode::kOk:
      return OnRows(std::move(answer), now);
    case absl::StatusCode::kNotFound:
      return OnNotFound(std::move(answer), now);
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      context_.metrics.fetches_denied.Increment();
      return Settle({.outcome = Outcome::kDenied, .answer = std::move(answer)});
    default:
      OnFailure(code);
  }
}

void Coalescer::LeaveGate(absl::StatusCode code, base::TimePoint now) {
  std::optional<FetchGate::Ending> ending;
  // A misconfiguration is answered in no time and says nothing of the load.
  if (!IsMisconfiguration(code)) {
    ending = {.started = last_.started, .now = now, .failed = !IsFinal(code)};
  }
  target_.gate.Leave(priority_, ending);
}

void Coalescer::OnRows(FetchAnswer answer, base::TimePoint now) {
  context_.metrics.fetches_ok.Increment();
  const auto verdict = versions_.Judge(answer.version, now);
  // An answer at or above the floor covers every versioned change, whenever it came.
  const bool covers_all = verdict == VersionTracker::Verdict::kFinal && answer.version.has_value();
  if (covers_all) changed_with_version_ = false;
  // Then nothing is left of it to ask about: what comes next has a reason of its own.
  if (covers_all && !changed_without_version_) reason_ = FetchReason::kRevalidate;
  const bool is_reset = verdict == VersionTracker::Verdict::kReset;
  if (is_reset) context_.metrics.version_resets.Increment();
  Judged judged{.outcome = Outcome::kRows, .answer = std::move(answer), .versions_reset = is_reset};
  if (verdict != VersionTracker::Verdict::kStale) is_removed_ = false;
  if (verdict != VersionTracker::Verdict::kBelowFloor &&
      verdict != VersionTracker::Verdict::kStale) {
    return Settle(std::move(judged));
  }
  context_.metrics.answers_stale.Increment();
  AskAgain(Phase::kLagging, {context_.options.backoff_min, context_.options.lag_backoff_max});
  // Last: the listener may ask for more, which the wait just begun will answer.
  if (verdict == VersionTracker::Verdict::kBelowFloor) listener_.OnOutcome(std::move(judged));
}

void Coalescer::OnNotFound(FetchAnswer answer, base::TimePoint now) {
  context_.metrics.fetches_not_found.Increment();
  is_removed_ = true;
  const auto verdict = versions_.JudgeNotFound(now);
  Judged judged{.outcome = Outcome::kRemoved, .answer = std::move(answer)};
  if (verdict != VersionTracker::Verdict::kBelowFloor) {
    judged.versions_reset = true;
    return Settle(std::move(judged));
  }
  // Perhaps a read replica does not have the entity yet, perhaps the change was its removal: at
  // growing intervals, because the removal is the likelier.
  context_.metrics.answers_stale.Increment();
  AskAgain(Phase::kLagging, {context_.options.backoff_min, context_.options.backoff_max});
  listener_.OnOutcome(std::move(judged));
}

void Coalescer::Settle(Judged judged) {
  answered_ = judged.outcome;
  failures_ = lags_ = 0;
  validated_epoch_ = last_.epoch;
  judged.is_unexplained = last_.is_audit && IsSettled();
  listener_.OnOutcome(std::move(judged));
  if (must_fetch_ || changed_with_version_) RequestFetch();
}

void Coalescer::OnFailure(absl::StatusCode code) {
  const bool misconfigured = IsMisconfiguration(code);
  auto& counter =
      misconfigured ? context_.metrics.fetches_misconfigured : context_.metrics.fetches_failed;
  counter.Increment();
  context_.WarnOfFailure(key_->entity, code, misconfigured);
  AskAgain(Phase::kWaiting, misconfigured ? SlowEnd() : AfterFailure());
  listener_.OnUnanswered();
}

// A misconfiguration is retried at the slow end.
BackoffRange Coalescer::SlowEnd() const {
  return {context_.options.backoff_max / 2, context_.options.backoff_max};
}

BackoffRange Coalescer::AfterFailure() {
  const CoalescerOptions& options = context_.options;
  // What failed before an outage ended says nothing of the target now.
  const uint32_t recoveries = target_.recovery.recoveries();
  const bool ended = std::exchange(recoveries_, recoveries) != recoveries;
  if (ended || target_.recovery.HasAnsweredAgainSince(last_.started)) failures_ = 0;
  const bool is_prober = target_.recovery.Sleep(*this);
  const base::Duration most =
      is_prober ? std::min(options.probe_interval, options.backoff_max) : options.backoff_max;
  return {options.backoff_min, most};
}

void Coalescer::AskAgain(Phase wait, BackoffRange backoff) {
  if (wait == Phase::kLagging) {
    // What a low answer brought is of its fetch's time, whatever was missed before.
    validated_epoch_ = last_.epoch;
    failures_ = 0;
  }
  answered_.reset();
  must_fetch_ = true;
  // For the same reason, unless a better one came meanwhile.
  Raise(reason_, last_.reason);
  RetryAfter(wait, backoff, wait == Phase::kLagging ? lags_++ : failures_++);
}

void Coalescer::RetryAfter(Phase wait, BackoffRange backoff, uint32_t attempt) {
  assert(phase_ == Phase::kIdle);
  phase_ = wait;
  const base::Duration delay =
      base::FullJitterBackoff(backoff.min, backoff.max, attempt, context_.random);
  timer_ = context_.executor.After(delay, [this] {
    timer_ = base::kNoTimer;
    phase_ = Phase::kIdle;
    target_.recovery.Rise(*this);
    RequestFetch();
  });
}

void Coalescer::OnWoken() {
  EndWait();
  RequestFetch();
}

void Coalescer::EndWait() {
  context_.executor.Cancel(std::exchange(timer_, base::kNoTimer));
  phase_ = Phase::kIdle;
  failures_ = lags_ = 0;
}

}  // namespace entitysync::fetch
