#include "gateway/hub/audit.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "gateway/base/printable.h"

namespace entitysync::hub {
namespace {

constexpr base::Duration kLongestTick = std::chrono::milliseconds(500);
constexpr base::Duration kShortestTick = std::chrono::milliseconds(1);
constexpr int kTicksPerPeriod = 100;  // At least, so that short periods are spread as well.
constexpr base::Duration kWarningInterval = std::chrono::seconds(10);
constexpr size_t kShownBytes = 64;

}  // namespace

Audit::Audit(base::Duration period, base::Executor& executor, metrics::HubMetrics& metrics,
             base::Logger logger)
    : period_(period),
      tick_(std::clamp<base::Duration>(period / kTicksPerPeriod, kShortestTick, kLongestTick)),
      executor_(executor),
      metrics_(metrics),
      logger_(std::move(logger)) {}

void Audit::Add(WatchedKey& key) {
  if (period_ <= base::Duration(0)) return;
  turns_.PushBack(key);
  ++keys_;
  Arm();
}

void Audit::Remove(WatchedKey& key) {
  if (!key.base::ListHook<AuditTurn>::IsLinked()) return;
  key.base::ListHook<AuditTurn>::Unlink();
  --keys_;
}

void Audit::OnDifference(WatchedKey& key) {
  if (key.base::ListHook<AuditDifference>::IsLinked()) return;
  key.audit_difference_at = executor_.Now();
  differences_.PushBack(key);
}

void Audit::OnGap() {
  while (!differences_.empty()) differences_.PopFront();
}

void Audit::Stop() {
  executor_.Cancel(std::exchange(timer_, base::kNoTimer));
  while (!turns_.empty()) turns_.PopFront();
  keys_ = 0;
}

void Audit::Arm() {
  if (timer_ != base::kNoTimer || keys_ == 0) return;
  timer_ = executor_.After(tick_, [this] {
    timer_ = base::kNoTimer;
    OnTick();
  });
}

void Audit::OnTick() {
  ReportDifferences();
  carried_ += keys_ * static_cast<uint64_t>(tick_.count());
  const auto period = static_cast<uint64_t>(period_.count());
  AskNext(std::min(keys_, carried_ / period));
  carried_ %= period;
  Arm();
}

void Audit::AskNext(uint64_t count) {
  // As it is before we add to it ourselves.
  std::vector<const fetch::FetchGate*> busy;
  std::vector<const fetch::FetchGate*> idle;
  const auto has = [](const auto& gates, const fetch::FetchGate& gate) {
    return std::find(gates.begin(), gates.end(), &gate) != gates.end();
  };
  const auto is_idle = [&](const WatchedKey& key) {
    const fetch::FetchGate& gate = key.gate();
    if (!has(busy, gate) && !has(idle, gate)) {
      (gate.revalidations_queued() > 0 ? busy : idle).push_back(&gate);
    }
    return has(idle, gate);
  };
  for (; count > 0; --count) {
    const bool first = !postponed_.empty() && is_idle(postponed_.front());
    if (!first && turns_.empty()) return;
    WatchedKey& key = first ? postponed_.PopFront() : turns_.PopFront();
    const bool ask = is_idle(key);
    (ask ? turns_ : postponed_).PushBack(key);
    if (ask) metrics_.audits.Increment(static_cast<double>(key.Audit()));
  }
}

void Audit::ReportDifferences() {
  const base::TimePoint now = executor_.Now();
  while (!differences_.empty() && differences_.front().audit_difference_at + kGrace <= now) {
    const WatchedKey& key = differences_.PopFront();
    metrics_.audit_differences.Increment();
    if (now < next_warning_) continue;
    next_warning_ = now + kWarningInterval;
    logger_->warn(
        "the audit found a \"{}\" changed although no change was heard: a change was lost "
        "unnoticed, or the application never notified it",
        base::Printable(key.key()->entity, kShownBytes));
  }
}

}  // namespace entitysync::hub
