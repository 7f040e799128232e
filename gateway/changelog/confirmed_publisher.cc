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
  for (auto& [id, call] : calls_) executor_.Cancel(call.deadline);
}

void ConfirmedPublisher::Submit(std::vector<Change> changes, base::TimePoint deadline,
                                PublishDone done) {
  const CallId id = ++last_call_;
  Call call;
  for (std::vector<Change>& batch : DivideIntoBatches(std::move(changes))) {
    std::string subject = subjects_.Change(batch.front().key.entity);
    call.messages.push_back({std::move(subject), BatchBody{0, std::move(batch)}});
  }
  call.done = std::move(done);
  if (deadline != base::TimePoint::max()) {
    call.deadline = executor_.After(deadline - executor_.Now(), [this, id] {
      const auto it = calls_.find(id);
      it->second.deadline = base::kNoTimer;
      Finish(it, absl::UnavailableError("the bus did not confirm the changes in time; they were "
                                        "perhaps heard: retry"));
    });
  }
  calls_.emplace(id, std::move(call));
  SchedulePump();
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
  for (auto it = calls_.begin(); it != calls_.end() && it->first <= echoed.covers;) {
    const auto call = it++;
    if (call->second.connection == echoed.connection) {
      Finish(call, absl::OkStatus());
    } else {
      call->second.sent = 0;  // Partly out under an older connection.
      out_through_ = std::min(out_through_, call->first - 1);
    }
  }
  SchedulePump();
}

void ConfirmedPublisher::OnConnected() {
  ForgetRounds();
  out_through_ = 0;
  for (auto& [id, call] : calls_) call.sent = 0;
  SchedulePump();
}

void ConfirmedPublisher::FailAll(const absl::Status& status) {
  while (!calls_.empty()) Finish(calls_.begin(), status);
}

void ConfirmedPublisher::SchedulePump() {
  if (std::exchange(pump_scheduled_, true)) return;
  executor_.AtTurnEnd([this] {
    pump_scheduled_ = false;
    Pump();
  });
}

void ConfirmedPublisher::Pump() {
  // After a refusal a round for what is out already goes first: newcomers must not keep it out.
  is_blocked_ = is_blocked_ && !StartRound();
  if (!is_blocked_) {
    const bool all_out = SendAllUnsent();
    is_blocked_ = !StartRound() || !all_out;
  }
  if (is_blocked_) RetryLater();
}

bool ConfirmedPublisher::SendAllUnsent() {
  for (auto it = calls_.upper_bound(out_through_); it != calls_.end(); ++it) {
    if (!SendUnsent(it->second)) return false;
    out_through_ = it->first;
  }
  return true;
}

bool ConfirmedPublisher::SendUnsent(Call& call) {
  if (call.sent == 0) call.connection = link_.Connection();
  if (call.connection == 0) return false;
  while (call.sent < call.messages.size()) {
    if (!SendMessage(call.messages[call.sent])) return false;
    ++call.sent;
  }
  return true;
}

bool ConfirmedPublisher::SendMessage(Message& message) {
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
  const bool nothing_out = calls_.empty() || calls_.begin()->first > out_through_;
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

void ConfirmedPublisher::Finish(std::map<CallId, Call>::iterator call, const absl::Status& status) {
  executor_.Cancel(call->second.deadline);
  PublishDone done = std::move(call->second.done);
  calls_.erase(call);
  done(status);
}

}  // namespace entitysync::changelog
