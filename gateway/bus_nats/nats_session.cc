#include "gateway/bus_nats/nats_session.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace entitysync::bus_nats {
namespace {

constexpr uint64_t kMaxInt = std::numeric_limits<int>::max();

int ClampToInt(size_t value) { return static_cast<int>(std::min<uint64_t>(value, kMaxInt)); }

}  // namespace

NatsSession::NatsSession(std::shared_ptr<NatsInbox> inbox, base::Logger logger)
    : inbox_(std::move(inbox)), logger_(std::move(logger)) {}

absl::StatusOr<std::shared_ptr<NatsSession>> NatsSession::Open(
    natsOptions* settings, const std::vector<std::string>& subscriptions,
    bus::DeliveryLimits pending, std::shared_ptr<NatsInbox> inbox, base::Logger logger) {
  auto session = std::make_shared<NatsSession>(std::move(inbox), std::move(logger));
  auto hold = std::make_unique<Hold>(session);
  SetCallbacks(settings, hold.get());
  natsConnection* connection = nullptr;
  const natsStatus result = natsConnection_Connect(&connection, settings);
  // NOT_YET_CONNECTED: cnats goes on trying by itself. Any other failure leaves no connection and
  // no callback to come.
  if (result != NATS_OK && result != NATS_NOT_YET_CONNECTED) {
    return absl::UnavailableError(natsStatus_GetText(result));
  }
  (void)hold.release();  // OnEnd frees it.
  session->connection_.reset(connection);
  for (const std::string& subject : subscriptions) {
    if (absl::Status status = session->Subscribe(subject, pending, session); !status.ok()) {
      session->Close();
      return status;
    }
  }
  return session;
}

void NatsSession::SetCallbacks(natsOptions* settings, Hold* hold) {
  // These fail for a null `settings` only.
  natsOptions_SetDisconnectedCB(settings, &OnChange, hold);
  natsOptions_SetReconnectedCB(settings, &OnChange, hold);
  natsOptions_SetRetryOnFailedConnect(settings, true, &OnChange, hold);
  natsOptions_SetClosedCB(settings, &OnEnd, hold);
  natsOptions_SetErrorHandler(settings, &OnError, hold);
}

absl::Status NatsSession::Subscribe(const std::string& subject, bus::DeliveryLimits pending,
                                    const Hold& self) {
  auto hold = std::make_unique<Hold>(self);
  natsSubscription* raw = nullptr;
  natsStatus result =
      natsConnection_Subscribe(&raw, connection_.get(), subject.c_str(), &OnMessage, hold.get());
  if (result == NATS_OK) {
    subscriptions_.emplace_back(raw);  // Whatever fails from here on, Close ends it in its order.
    dropped_.push_back(0);
    result = natsSubscription_SetOnCompleteCB(raw, &OnSubscriptionEnd, hold.get());
    // Without that callback nobody knows when cnats lets go: better a few bytes lost than freed too
    // early.
    (void)hold.release();
  }
  if (result == NATS_OK) {
    result = natsSubscription_SetPendingLimits(raw, ClampToInt(pending.max_messages),
                                               ClampToInt(pending.max_bytes));
  }
  if (result != NATS_OK) {
    return absl::UnavailableError(absl::StrCat("cannot subscribe: ", natsStatus_GetText(result)));
  }
  return absl::OkStatus();
}

bool NatsSession::IsConnected() const {
  return natsConnection_Status(connection_.get()) == NATS_CONN_STATUS_CONNECTED;
}

uint64_t NatsSession::Reconnects() const {
  natsStatistics* raw = nullptr;
  if (natsStatistics_Create(&raw) != NATS_OK) return kMaxInt;  // Out of memory: trust nothing.
  uint64_t reconnects = kMaxInt;
  if (natsConnection_GetStats(connection_.get(), raw) == NATS_OK) {
    natsStatistics_GetCounts(raw, nullptr, nullptr, nullptr, nullptr, &reconnects);
  }
  natsStatistics_Destroy(raw);
  return reconnects;
}

uint64_t NatsSession::NewlyDropped() {
  const std::lock_guard lock(mutex_);
  uint64_t sum = 0;
  for (size_t i = 0; i < subscriptions_.size(); ++i) {
    int64_t dropped = 0;
    if (natsSubscription_GetDropped(subscriptions_[i].get(), &dropped) != NATS_OK) continue;
    sum += static_cast<uint64_t>(std::max<int64_t>(dropped - dropped_[i], 0));
    dropped_[i] = dropped;
  }
  return sum;
}

natsStatus NatsSession::Publish(const bus::PublishQueue::Message& message) {
  return natsConnection_Publish(connection_.get(), message.subject.c_str(), message.payload.data(),
                                static_cast<int>(message.payload.size()));
}

void NatsSession::Flush(std::chrono::milliseconds bound) {
  // Proves nothing (see the design of confirmations), but keeps the socket open while the server
  // reads what was written last. A failure says only that the server is not there to read.
  (void)natsConnection_FlushTimeout(connection_.get(), bound.count());
}

void NatsSession::Close() {
  std::vector<NatsSubscription> ended;
  {
    const std::lock_guard lock(mutex_);
    ended.swap(subscriptions_);
  }
  // First the connection: cnats' reader may still be handing out what it has read, also where cnats
  // has ended the connection by itself, and this waits for it.
  natsConnection_Close(connection_.get());
  ended.clear();  // Calls into cnats, so without the lock.
}

void NatsSession::OnMessage(natsConnection*, natsSubscription*, natsMsg* message, void* hold) {
  const auto bytes = static_cast<size_t>(natsMsg_GetDataLength(message));
  (*static_cast<Hold*>(hold))->inbox_->Push(NatsMessage(message), bytes);
}

void NatsSession::OnSubscriptionEnd(void* hold) { delete static_cast<Hold*>(hold); }

void NatsSession::OnChange(natsConnection*, void* hold) {
  (*static_cast<Hold*>(hold))->inbox_->Wake();
}

void NatsSession::OnEnd(natsConnection*, void* hold) {
  const std::unique_ptr<Hold> last(static_cast<Hold*>(hold));
  (*last)->ended_.Set();
  (*last)->inbox_->Wake();
}

void NatsSession::OnError(natsConnection*, natsSubscription*, natsStatus error, void* hold) {
  NatsSession& session = **static_cast<Hold*>(hold);
  if (error == NATS_NOT_PERMITTED) {
    session.logger_->error(
        "the NATS server does not permit a subject of this gateway; grant publish and subscribe on "
        "its prefix");
  } else {
    session.logger_->warn("NATS: {}", natsStatus_GetText(error));
  }
  session.inbox_->Wake();
}

}  // namespace entitysync::bus_nats
