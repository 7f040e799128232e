#include "gateway/bus_nats/nats_link.h"

#include <algorithm>
#include <random>
#include <utility>

#include "entitysync/gateway/subject.h"
#include "gateway/base/backoff.h"
#include "gateway/base/random.h"
#include "gateway/bus_nats/nats_settings.h"

namespace entitysync::bus_nats {
namespace {

using Clock = std::chrono::steady_clock;

// How long Stop goes on sending.
constexpr std::chrono::milliseconds kDrain{1'000};
// How often cnats is asked whether it threw messages away.
constexpr std::chrono::seconds kDroppedPoll{1};

}  // namespace

NatsLink::NatsLink(NatsLinkOptions options, base::Logger logger)
    : options_(std::move(options)),
      logger_(std::move(logger)),
      inbox_(std::make_shared<NatsInbox>(options_.delivery_limits)) {}

NatsLink::~NatsLink() { Stop(); }

absl::Status NatsLink::Start(std::vector<std::string> subscriptions, bus::BusListener& listener) {
  for (const std::string& subscription : subscriptions) {
    if (absl::Status status = bus::ValidateSubscription(subscription); !status.ok()) return status;
  }
  absl::StatusOr<NatsOptions> settings = MakeNatsOptions(options_);
  if (!settings.ok()) return settings.status();
  settings_ = *std::move(settings);
  subscriptions_ = std::move(subscriptions);
  listener_ = &listener;
  publisher_ = std::make_unique<bus::PublishQueue>(
      options_.publish_limits,
      [this](const bus::PublishQueue::Message& message) { SendOne(message); });
  deliverer_ = std::thread([this] { Deliver(); });
  supervisor_ = std::thread([this] { Supervise(); });
  return absl::OkStatus();
}

absl::Status NatsLink::Publish(std::string_view subject, std::string_view payload) {
  if (absl::Status status = bus::ValidateMessage(subject, payload); !status.ok()) return status;
  if (!report_.up()) return absl::UnavailableError("not connected to NATS; retry later");
  return publisher_->Push(subject, payload, report_.number());
}

void NatsLink::Stop() {
  if (!deliverer_.joinable()) return;
  const auto end = Clock::now() + kDrain;
  publisher_->Stop(kDrain);
  if (const auto session = GetCurrent().session; session != nullptr && report_.up()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() > 0) session->Flush(left);
  }
  stopping_.Set();
  if (const auto session = GetCurrent().session) session->Fail();
  supervisor_.join();
  inbox_->Close();
  deliverer_.join();
}

NatsLink::Current NatsLink::GetCurrent() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

// Runs on the publisher's thread.
void NatsLink::SendOne(const bus::PublishQueue::Message& message) {
  const Current current = GetCurrent();
  if (current.session == nullptr) return;
  // A message of an earlier connection is not sent: what was accepted before it may have been lost
  // with that connection, and the echo of this one would vouch for it.
  const uint64_t number = current.first_number + current.session->Reconnects();
  if (number != message.connection) return;
  const natsStatus result = current.session->Publish(message);
  if (result == NATS_OK || result == NATS_INSUFFICIENT_BUFFER) return;  // The latter: reconnecting.
  if (result == NATS_MAX_PAYLOAD) {
    logger_->error(
        "a bus message of {} bytes is over the NATS server's max_payload; raise it to "
        "at least 1 MB",
        message.payload.size());
    CountAsLost(*current.session);
    return;
  }
  // After a write that stopped in the middle (the write deadline) the stream is of no use.
  logger_->warn("cannot publish on NATS ({}); connecting anew", natsStatus_GetText(result));
  current.session->Fail();
}

// The message was accepted and is lost, on a connection that stands. A new number tells the
// listener so, and keeps what follows from vouching for it.
void NatsLink::CountAsLost(const NatsSession& session) {
  {
    const std::lock_guard lock(mutex_);
    if (current_.session.get() == &session) ++current_.first_number;
  }
  inbox_->Wake();
}

void NatsLink::Supervise() {
  std::random_device seed;
  base::Random random((uint64_t{seed()} << 32) | seed());
  uint32_t failures = 0;
  while (!stopping_.WaitFor(Clock::duration::zero())) {
    const auto session = NatsSession::Open(settings_.get(), subscriptions_,
                                           options_.delivery_limits, inbox_, logger_);
    if (session.ok()) {
      const uint64_t before = report_.number();
      ServeSession(*session);
      if (report_.number() != before) failures = 0;
    } else {
      logger_->warn("cannot connect to NATS: {}; trying again",
                    std::string(session.status().message()));
    }
    stopping_.WaitFor(base::FullJitterBackoff(options_.rebuild_wait_min, options_.rebuild_wait_max,
                                              failures++, random));
  }
}

// Makes `session` the current one until it ends or the link stops.
void NatsLink::ServeSession(const std::shared_ptr<NatsSession>& session) {
  {
    const std::lock_guard lock(mutex_);
    current_.session = session;
  }
  inbox_->Wake();
  if (!stopping_.WaitFor(Clock::duration::zero())) session->ended().Wait();

  const uint64_t first_number = GetCurrent().first_number;
  const auto retire = [&](uint64_t connections) {
    const std::lock_guard lock(mutex_);
    const uint64_t next = first_number + connections;
    current_ = {nullptr, std::max(current_.first_number, next)};
  };
  retire(session->Reconnects() + 1);
  inbox_->Wake();
  session->Close();
  retire(session->Reconnects() + 1);  // Final now.
}

void NatsLink::Deliver() {
  NatsInbox::Batch batch;
  auto next_poll = Clock::now();
  while (inbox_->Wait(batch, kDroppedPoll)) {
    // After the batch was taken: whatever came on a new connection finds its number reported.
    ReportConnection();
    uint64_t dropped = batch.dropped;
    if (dropped != 0 || Clock::now() >= next_poll) {
      dropped += PollDropped();
      next_poll = Clock::now() + kDroppedPoll;
    }
    if (dropped != 0) listener_->OnDropped(dropped);
    for (const NatsMessage& message : batch.items) {
      if (inbox_->IsClosed()) return;
      listener_->OnMessage(natsMsg_GetSubject(message.get()),
                           {natsMsg_GetData(message.get()),
                            static_cast<size_t>(natsMsg_GetDataLength(message.get()))});
    }
  }
}

void NatsLink::ReportConnection() {
  const bool was_up = report_.up();
  const Current current = GetCurrent();
  if (current.session == nullptr) {
    report_.Update(current.first_number, false, *listener_);
  } else {
    // In this order: a connection that is new in between is only reported at the next turn.
    const uint64_t number = current.first_number + current.session->Reconnects();
    report_.Update(number, current.session->IsConnected(), *listener_);
  }
  if (report_.up() != was_up) {
    if (was_up) {
      logger_->warn("lost the connection to NATS");
    } else {
      logger_->info("connected to NATS (connection {})", report_.number());
    }
  }
}

uint64_t NatsLink::PollDropped() {
  const auto session = GetCurrent().session;
  return session == nullptr ? 0 : session->NewlyDropped();
}

}  // namespace entitysync::bus_nats
