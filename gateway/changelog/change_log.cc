#include "gateway/changelog/change_log.h"

#include <utility>

namespace entitysync::changelog {

namespace {

// What a change takes in memory besides its key, roughly.
constexpr size_t kChangeBytes = 64;

size_t MemoryOf(const std::vector<Change>& changes) {
  size_t bytes = 0;
  for (const Change& change : changes) {
    bytes += change.key.entity.size() + change.key.id.size() + kChangeBytes;
  }
  return bytes;
}

}  // namespace

ChangeLog::ChangeLog(ChangeLogOptions options, base::Executor& executor, bus::BusLink& link,
                     ChangeSink& sink, metrics::BusMetrics& metrics, base::Logger logger)
    : options_(std::move(options)),
      executor_(executor),
      link_(link),
      sink_(sink),
      metrics_(metrics),
      logger_(std::move(logger)),
      subjects_(options_.prefix, options_.origin.replica),
      publisher_(options_.origin, subjects_, executor, link, metrics),
      gaps_(options_.origin.epoch, options_.heartbeat_interval) {}

ChangeLog::~ChangeLog() {
  executor_.Cancel(heartbeat_timer_);
  executor_.Cancel(gather_timer_);
}

absl::Status ChangeLog::Start() {
  executor_.Post([this] { HandleHeartbeat(); });
  return link_.Start({subjects_.all_changes(), subjects_.ack()}, *this);
}

void ChangeLog::Stop() {
  if (std::exchange(stopped_, true)) return;
  executor_.Cancel(std::exchange(heartbeat_timer_, base::kNoTimer));
  executor_.Cancel(std::exchange(gather_timer_, base::kNoTimer));
  TakeSubmissions();
  publisher_.FailAll(absl::UnavailableError("this replica is shutting down: retry at another"));
  const GoodbyeBody goodbye{publisher_.last_number()};
  // Without a bus there is nobody to say goodbye to.
  link_.Publish(subjects_.control(), EncodeBusMessage(options_.origin, goodbye)).IgnoreError();
}

void ChangeLog::Publish(std::vector<Change> changes, PublishTerms terms, PublishDone done) {
  Reservation reservation(waiting_bytes_, MemoryOf(changes));
  if (waiting_bytes_ > options_.max_waiting_bytes) {
    return done(absl::UnavailableError("too many changes wait for the bus: retry with backoff"));
  }
  const bool is_first = inbox_.Add({.changes = std::move(changes),
                                    .deadline = executor_.Now() + terms.timeout,
                                    .done = std::move(done),
                                    .reservation = std::move(reservation)},
                                   terms.may_gather);
  if (is_first) executor_.Post([this] { TakeSubmissions(); });
}

void ChangeLog::TakeSubmissions() {
  const bool is_gathering = gather_timer_ != base::kNoTimer;
  const bool may_gather = !stopped_ && options_.gather > base::Duration::zero();
  Inbox::Taken taken = inbox_.Take(is_gathering, may_gather);
  if (taken.has_patient && !is_gathering) {
    gather_timer_ = executor_.After(options_.gather, [this] {
      gather_timer_ = base::kNoTimer;
      TakeSubmissions();
    });
  }
  for (Submission& submission : taken.submissions) {
    if (stopped_) {
      submission.done(absl::UnavailableError("this replica is shutting down"));
    } else {
      publisher_.Submit(std::move(submission));
    }
  }
}

void ChangeLog::OnMessage(std::string_view subject, std::string_view payload) {
  static_cast<void>(subject);  // The message says itself what it is.
  metrics_.messages_received.Increment();
  absl::StatusOr<DecodedMessage> message = DecodeBusMessage(payload);
  if (!message.ok() || message->newer_schema) metrics_.messages_malformed.Increment();
  if (!message.ok()) return;
  Origin origin = std::move(message->origin);
  if (auto* batch = std::get_if<BatchBody>(&message->body)) {
    sink_.OnChanges(std::move(batch->changes));
    executor_.Post([this, origin = std::move(origin), number = batch->number] {
      NoteIf(gaps_.OnBatch(origin, number, executor_.Now()), metrics_.gaps_number);
    });
  } else if (const auto* heartbeat = std::get_if<HeartbeatBody>(&message->body)) {
    executor_.Post([this, origin = std::move(origin), last = heartbeat->last_number] {
      NoteIf(gaps_.OnHeartbeat(origin, last, executor_.Now()), metrics_.gaps_number);
    });
  } else if (const auto* goodbye = std::get_if<GoodbyeBody>(&message->body)) {
    executor_.Post([this, origin = std::move(origin), last = goodbye->last_number] {
      NoteIf(gaps_.OnGoodbye(origin, last, executor_.Now()), metrics_.gaps_number);
    });
  } else if (const auto* ack = std::get_if<AckBody>(&message->body)) {
    if (origin != options_.origin) return;
    executor_.Post([this, round = ack->round] { publisher_.OnEcho(round); });
  }
}

void ChangeLog::OnConnected() {
  executor_.Post([this] { HandleConnected(); });
}

void ChangeLog::OnDisconnected() {
  executor_.Post([this] { HandleDisconnected(); });
}

void ChangeLog::OnDropped(uint64_t count) {
  metrics_.messages_dropped.Increment(static_cast<double>(count));
  executor_.Post([this] { NoteIf(true, metrics_.gaps_dropped); });
}

void ChangeLog::HandleConnected() {
  if (stopped_) return;
  metrics_.connects.Increment();
  logger_->info("connected to the bus");
  publisher_.OnConnected();
  // Only when our own round trip came back do we know that our subscription is heard.
  // A probe that never came back was sent again by OnConnected above.
  if (std::exchange(is_probing_, true)) return;
  Submission probe;
  probe.deadline = base::TimePoint::max();
  probe.done = [this](absl::Status status) {
    is_probing_ = false;
    if (status.ok()) HandleConfirmed();
  };
  publisher_.Submit(std::move(probe));
}

void ChangeLog::HandleConfirmed() {
  gaps_.OnBusBack(executor_.Now());
  metrics_.gaps_disconnect.Increment();
  sink_.OnBusLive(true);
  // Last: who comes because we are ready subscribes behind the gap, and is not asked about for it.
  live_ = true;
  metrics_.connected.Set(1);
}

void ChangeLog::HandleDisconnected() {
  if (stopped_) return;
  logger_->warn("lost the bus; reconnecting");
  metrics_.disconnects.Increment();
  live_ = false;
  metrics_.connected.Set(0);
  sink_.OnBusLive(false);
}

void ChangeLog::HandleHeartbeat() {
  if (stopped_) return;
  heartbeat_timer_ = executor_.After(options_.heartbeat_interval, [this] { HandleHeartbeat(); });
  if (!live_) return;
  const HeartbeatBody heartbeat{publisher_.last_number()};
  if (!link_.Publish(subjects_.control(), EncodeBusMessage(options_.origin, heartbeat)).ok()) {
    metrics_.publishes_refused.Increment();
  }
  NoteIf(gaps_.OnTick(executor_.Now()), metrics_.gaps_silence);
}

void ChangeLog::NoteIf(bool gap, metrics::Counter& cause) {
  if (!gap || stopped_) return;
  cause.Increment();
  sink_.OnGap();
}

}  // namespace entitysync::changelog
