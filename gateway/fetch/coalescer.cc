#include "gateway/fetch/coalescer.h"

#include <cassert>
#include <utility>

#include "gateway/base/backoff.h"
#include "gateway/base/printable.h"

namespace entitysync::fetch {
namespace {

// A change says more than a new watcher, which says more than a doubt.
bool Outranks(FetchReason a, FetchReason b) { return static_cast<int>(a) < static_cast<int>(b); }

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

// The longest entity type shown in a log line.
constexpr size_t kShownBytes = 64;
constexpr base::Duration kWarningInterval = std::chrono::seconds(1);

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

Coalescer::Coalescer(CoalescerContext& context, const EntityType& type, FetchGate& gate,
                     base::KeyPtr key, Secret secret, uint64_t floor, Listener& listener)
    : context_(context),
      type_(type),
      gate_(gate),
      key_(std::move(key)),
      secret_(std::move(secret)),
      listener_(listener),
      versions_(context.options.versions, floor) {}

Coalescer::~Coalescer() {
  context_.executor.Cancel(timer_);
  gate_.Forget(*this);
  if (phase_ == Phase::kFetching) gate_.Leave(priority_);
}

void Coalescer::OnChange(std::optional<uint64_t> version) {
  assert(context_.executor.IsCurrent());
  if (version.has_value() && versions_.Covers(*version) && !IsSuspect()) {
    context_.metrics.fetches_skipped.Increment();
    return;
  }
  if (version.has_value()) {
    versions_.RaiseFloor(*version);
    changed_with_version_ = true;
  } else {
    must_fetch_ = true;
  }
  reason_ = FetchReason::kChange;
  RequestFetch();
}

void Coalescer::Need(FetchReason reason) {
  assert(context_.executor.IsCurrent());
  // The answer under way serves a new watcher as well: changes since it started cause another.
  const bool under_way = phase_ == Phase::kFetching || phase_ == Phase::kWaiting;
  if (under_way && reason == FetchReason::kSnapshot) return;
  must_fetch_ = true;
  if (Outranks(reason, reason_)) reason_ = reason;
  RequestFetch();
}

bool Coalescer::IsSuspect() const {
  return !context_.bus_live || validated_epoch_ != context_.gap_epoch;
}

bool Coalescer::IsSettled() const { return answered_ && !IsDirty() && !IsSuspect(); }

void Coalescer::RequestFetch() {
  const auto wanted = reason_ == FetchReason::kRevalidate ? FetchGate::Priority::kRevalidate
                                                          : FetchGate::Priority::kUrgent;
  if (phase_ == Phase::kQueued && wanted != priority_ && wanted == FetchGate::Priority::kUrgent) {
    gate_.Forget(*this);  // Somebody waits now: into the other line.
    phase_ = Phase::kIdle;
  }
  if (phase_ != Phase::kIdle) return;
  priority_ = wanted;
  switch (gate_.Enter(*this, priority_)) {
    case FetchGate::Admission::kNow:
      return StartFetch();
    case FetchGate::Admission::kQueued:
      phase_ = Phase::kQueued;
      return;
    case FetchGate::Admission::kRefused:
      return RetryAfter(context_.options.backoff_min, context_.options.backoff_max);
  }
}

void Coalescer::OnAdmitted() {
  assert(phase_ == Phase::kQueued);
  StartFetch();
}

void Coalescer::StartFetch() {
  phase_ = Phase::kFetching;
  must_fetch_ = false;
  changed_with_version_ = false;
  fetch_epoch_ = context_.gap_epoch;
  started_ = context_.executor.Now();
  StartedCounter(context_.metrics, reason_).Increment();
  const uint64_t serial = ++serial_;
  FetchRequest request{
      .key = *key_, .secret = secret_, .reason = reason_, .min_version = versions_.floor()};
  fetch_reason_ = std::exchange(reason_, FetchReason::kRevalidate);
  call_ = type_.source->Fetch(
      std::move(request),
      [weak = weak_from_this(), serial, &executor = context_.executor](FetchAnswer answer) {
        executor.Post([weak, serial, answer = std::move(answer)]() mutable {
          if (const auto self = weak.lock()) self->OnAnswer(serial, std::move(answer));
        });
      });
}

void Coalescer::OnAnswer(uint64_t serial, FetchAnswer answer) {
  assert(context_.executor.IsCurrent());
  if (serial != serial_ || phase_ != Phase::kFetching) return;
  call_.reset();
  phase_ = Phase::kIdle;
  const std::chrono::duration<double> took = context_.executor.Now() - started_;
  context_.metrics.fetch_seconds.Observe(took.count());
  gate_.Leave(priority_);  // Before another fetch of this pair gets in line behind the others.
  switch (answer.status.code()) {
    case absl::StatusCode::kOk:
      OnRows(std::move(answer));
      break;
    case absl::StatusCode::kNotFound:
      context_.metrics.fetches_not_found.Increment();
      versions_.OnNotFound(!must_fetch_ && !changed_with_version_);
      Settle(Outcome::kRemoved, std::move(answer), false);
      break;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      context_.metrics.fetches_denied.Increment();
      Settle(Outcome::kDenied, std::move(answer), false);
      break;
    default:
      OnFailure(answer.status.code());
  }
}

void Coalescer::OnRows(FetchAnswer answer) {
  context_.metrics.fetches_ok.Increment();
  const auto verdict = versions_.Judge(answer.version, context_.executor.Now());
  // An answer at or above the floor covers every versioned change, whenever it came.
  const bool covers_all = verdict == VersionTracker::Verdict::kFinal && answer.version.has_value();
  if (covers_all) changed_with_version_ = false;
  switch (verdict) {
    case VersionTracker::Verdict::kReset:
      context_.metrics.version_resets.Increment();
      [[fallthrough]];
    case VersionTracker::Verdict::kFinal:
      return Settle(Outcome::kRows, std::move(answer), verdict == VersionTracker::Verdict::kReset);
    case VersionTracker::Verdict::kBelowFloor:
    case VersionTracker::Verdict::kStale:
      break;
  }
  context_.metrics.answers_stale.Increment();
  AskAgain(context_.options.backoff_min, context_.options.lag_backoff_max);
  // Last: the listener may ask for more, which the wait just begun will answer.
  if (verdict == VersionTracker::Verdict::kBelowFloor) {
    listener_.OnOutcome(Outcome::kRows, std::move(answer), false);
  }
}

void Coalescer::Settle(Outcome outcome, FetchAnswer answer, bool versions_reset) {
  answered_ = true;
  failures_ = 0;
  validated_epoch_ = fetch_epoch_;
  listener_.OnOutcome(outcome, std::move(answer), versions_reset);
  if (must_fetch_ || changed_with_version_) RequestFetch();
}

void Coalescer::OnFailure(absl::StatusCode code) {
  const bool misconfigured =
      code == absl::StatusCode::kUnimplemented || code == absl::StatusCode::kInvalidArgument;
  auto& counter =
      misconfigured ? context_.metrics.fetches_misconfigured : context_.metrics.fetches_failed;
  counter.Increment();
  context_.WarnOfFailure(key_->entity, code, misconfigured);
  // A misconfiguration is retried at the slow end.
  const CoalescerOptions& options = context_.options;
  AskAgain(misconfigured ? options.backoff_max / 2 : options.backoff_min, options.backoff_max);
}

void Coalescer::AskAgain(base::Duration backoff_min, base::Duration backoff_max) {
  answered_ = false;
  must_fetch_ = true;
  // For the same reason, unless a better one came meanwhile.
  if (Outranks(fetch_reason_, reason_)) reason_ = fetch_reason_;
  RetryAfter(backoff_min, backoff_max);
}

void Coalescer::RetryAfter(base::Duration backoff_min, base::Duration backoff_max) {
  assert(phase_ == Phase::kIdle);
  phase_ = Phase::kWaiting;
  const base::Duration delay =
      base::FullJitterBackoff(backoff_min, backoff_max, failures_++, context_.random);
  timer_ = context_.executor.After(delay, [this] {
    timer_ = base::kNoTimer;
    phase_ = Phase::kIdle;
    RequestFetch();
  });
}

}  // namespace entitysync::fetch
