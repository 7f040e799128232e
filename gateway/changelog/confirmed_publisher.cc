#include "gateway/changelog/confirmed_publisher.h"

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

void ConfirmedPublisher::OnEcho(uint64_t round) {
  if (round != round_ || round_timer_ == base::kNoTimer) return;  // Late: another took its place.
  executor_.Cancel(std::exchange(round_timer_, base::kNoTimer));
  const uint64_t connection = link_.Connection();
  for (auto it = calls_.begin(); it != calls_.end() && it->first <= round_covers_;) {
    const auto call = it++;
    if (!call->second.is_out) continue;
    if (call->second.connection == connection) {
      Finish(call, absl::OkStatus());
    } else {
      call->second.is_out = false;
      call->second.sent = 0;
    }
  }
  SchedulePump();
}

void ConfirmedPublisher::OnConnected() {
  executor_.Cancel(std::exchange(round_timer_, base::kNoTimer));
  for (auto& [id, call] : calls_) {
    call.is_out = false;
    call.sent = 0;
  }
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
  for (auto& [id, call] : calls_) {
    if (!call.is_out && !SendUnsent(call)) return RetryLater();
  }
  if (round_timer_ == base::kNoTimer && !calls_.empty()) StartRound();
}

bool ConfirmedPublisher::SendUnsent(Call& call) {
  if (call.sent == 0) call.connection = link_.Connection();
  if (call.connection == 0) return false;
  while (call.sent < call.messages.size()) {
    if (!SendMessage(call.messages[call.sent])) return false;
    ++call.sent;
  }
  call.is_out = true;
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

void ConfirmedPublisher::StartRound() {
  if (!link_.Publish(subjects_.ack(), EncodeBusMessage(origin_, AckBody{round_ + 1})).ok()) {
    metrics_.publishes_refused.Increment();
    return RetryLater();
  }
  ++round_;
  round_covers_ = last_call_;
  round_timer_ = executor_.After(kRoundTimeout, [this] {
    round_timer_ = base::kNoTimer;
    Pump();
  });
}

void ConfirmedPublisher::RetryLater() {
  if (retry_timer_ != base::kNoTimer) return;
  retry_timer_ = executor_.After(kRetryInterval, [this] {
    retry_timer_ = base::kNoTimer;
    Pump();
  });
}

void ConfirmedPublisher::Finish(std::map<CallId, Call>::iterator call, const absl::Status& status) {
  executor_.Cancel(call->second.deadline);
  PublishDone done = std::move(call->second.done);
  calls_.erase(call);
  done(status);
}

}  // namespace entitysync::changelog
