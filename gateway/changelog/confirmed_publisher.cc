#include "gateway/changelog/confirmed_publisher.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace entitysync::changelog {

ConfirmedPublisher::ConfirmedPublisher(Origin origin, const Subjects& subjects,
                                       base::Executor& executor, bus::BusLink& link,
                                       metrics::BusMetrics& metrics)
    : origin_(std::move(origin)),
      subjects_(subjects),
      executor_(executor),
      link_(link),
      metrics_(metrics) {}

ConfirmedPublisher::~ConfirmedPublisher() {
  executor_.Cancel(round_timer_);
  executor_.Cancel(retry_timer_);
  for (auto& [id, bundle] : bundles_) executor_.Cancel(bundle.timer);
}

void ConfirmedPublisher::Submit(Submission submission) {
  callers_.push_back({.deadline = submission.deadline,
                      .done = std::move(submission.done),
                      .reservation = std::move(submission.reservation)});
  submitted_.Add(std::move(submission.changes));
  SchedulePump();
}

void ConfirmedPublisher::Seal() {
  if (callers_.empty()) return;
  std::vector<Bundle::Message> messages;
  for (std::vector<Change>& batch : submitted_.Take()) {
    std::string subject = subjects_.Change(batch.front().key.entity);
    messages.push_back({std::move(subject), BatchBody{0, std::move(batch)}});
  }
  std::vector<Bundle::Call> calls = std::exchange(callers_, {});
  ArmDeadline(bundles_.emplace_hint(bundles_.end(), ++last_bundle_,
                                    Bundle(std::move(messages), std::move(calls))));
}

void ConfirmedPublisher::ArmDeadline(Bundles::iterator bundle) {
  const base::TimePoint deadline = bundle->second.NextDeadline();
  if (deadline == base::TimePoint::max()) return;
  bundle->second.timer = executor_.After(deadline - executor_.Now(), [this, id = bundle->first] {
    const auto overdue = bundles_.find(id);
    overdue->second.timer = base::kNoTimer;
    if (!overdue->second.EndOverdue(executor_.Now())) return ArmDeadline(overdue);
    bundles_.erase(overdue);
  });
}

void ConfirmedPublisher::OnEcho(uint64_t number) {
  const auto round = std::find_if(rounds_.begin(), rounds_.end(),
                                  [&](const Round& each) { return each.number == number; });
  if (round == rounds_.end()) return;
  const Round echoed = *round;
  if (number == last_round_) executor_.Cancel(std::exchange(round_timer_, base::kNoTimer));
  rounds_.erase(rounds_.begin(), std::next(round));
  // Under another connection than it began with it proves nothing: OnConnected sends all again.
  if (echoed.connection != link_.Connection()) return SchedulePump();
  for (auto it = bundles_.begin(); it != bundles_.end() && it->first <= echoed.covers;) {
    const auto bundle = it++;
    if (bundle->second.connection == echoed.connection) {
      EndAll(bundle, absl::OkStatus());
    } else {
      bundle->second.sent = 0;  // Partly out under an older connection.
      out_through_ = std::min(out_through_, bundle->first - 1);
    }
  }
  SchedulePump();
}

void ConfirmedPublisher::OnConnected() {
  ForgetRounds();
  out_through_ = 0;
  for (auto& [id, bundle] : bundles_) bundle.sent = 0;
  SchedulePump();
}

void ConfirmedPublisher::FailAll(const absl::Status& status) {
  Seal();
  while (!bundles_.empty()) EndAll(bundles_.begin(), status);
}

void ConfirmedPublisher::SchedulePump() {
  if (std::exchange(pump_scheduled_, true)) return;
  executor_.AtTurnEnd([this] {
    pump_scheduled_ = false;
    Pump();
  });
}

void ConfirmedPublisher::Pump() {
  Seal();
  // After a refusal a round for what is out already goes first: newcomers must not keep it out.
  is_blocked_ = is_blocked_ && !StartRound();
  if (!is_blocked_) {
    const bool all_out = SendAllUnsent();
    is_blocked_ = !StartRound() || !all_out;
  }
  if (is_blocked_) RetryLater();
}

bool ConfirmedPublisher::SendAllUnsent() {
  for (auto it = bundles_.upper_bound(out_through_); it != bundles_.end(); ++it) {
    if (!SendUnsent(it->second)) return false;
    out_through_ = it->first;
  }
  return true;
}

bool ConfirmedPublisher::SendUnsent(Bundle& bundle) {
  if (bundle.sent == 0) bundle.connection = link_.Connection();
  if (bundle.connection == 0) return false;
  while (bundle.sent < bundle.messages.size()) {
    if (!SendMessage(bundle.messages[bundle.sent])) return false;
    ++bundle.sent;
  }
  return true;
}

bool ConfirmedPublisher::SendMessage(Bundle::Message& message) {
  const bool first_time = message.batch.number == 0;
  if (first_time) message.batch.number = last_number_ + 1;
  if (!link_.Publish(message.subject, EncodeBusMessage(origin_, message.batch)).ok()) {
    metrics_.publishes_refused.Increment();
    // The number is not used up: a hole would look like a loss.
    if (first_time) message.batch.number = 0;
    return false;
  }
  if (first_time) ++last_number_;
  metrics_.messages_published.Increment();
  return true;
}

bool ConfirmedPublisher::StartRound() {
  const bool nothing_out = bundles_.empty() || bundles_.begin()->first > out_through_;
  if (nothing_out || round_timer_ != base::kNoTimer) return true;
  const Round round{
      .number = last_round_ + 1, .covers = out_through_, .connection = link_.Connection()};
  if (!link_.Publish(subjects_.ack(), EncodeBusMessage(origin_, AckBody{round.number})).ok()) {
    metrics_.publishes_refused.Increment();
    return false;
  }
  last_round_ = round.number;
  rounds_.push_back(round);
  if (rounds_.size() > kMaxRounds) rounds_.pop_front();
  round_timer_ = executor_.After(kRoundTimeout, [this] {
    round_timer_ = base::kNoTimer;
    Pump();
  });
  return true;
}

void ConfirmedPublisher::RetryLater() {
  if (retry_timer_ != base::kNoTimer) return;
  retry_timer_ = executor_.After(kRetryInterval, [this] {
    retry_timer_ = base::kNoTimer;
    Pump();
  });
}

void ConfirmedPublisher::ForgetRounds() {
  executor_.Cancel(std::exchange(round_timer_, base::kNoTimer));
  rounds_.clear();
}

void ConfirmedPublisher::EndAll(Bundles::iterator it, const absl::Status& status) {
  executor_.Cancel(it->second.timer);
  Bundle bundle = std::move(it->second);
  bundles_.erase(it);
  bundle.EndAll(status);
}

}  // namespace entitysync::changelog
