#include "gateway/session/session_table.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "gateway/base/prefetch.h"
#include "gateway/session/classic_session.h"
#include "gateway/session/v1_session.h"

namespace entitysync::session {
namespace {

// Fine enough for stalls and drains, coarse enough to cost nothing.
constexpr base::Duration kWheelTick = std::chrono::milliseconds(50);
// States that wait for their subscription's rate: up to so much later than that would let them.
constexpr base::Duration kRateWheelTick = std::chrono::milliseconds(5);

std::unique_ptr<protocol::Deflater> MakeDeflater(const SessionOptions& options) {
  if (!options.compression) return nullptr;
  return std::make_unique<protocol::Deflater>(*options.compression);
}

}  // namespace

SessionTable::SessionTable(SessionTableOptions options)
    : options_(std::move(options)),
      wheel_(options_.executor, kWheelTick),
      rate_wheel_(options_.executor, kRateWheelTick),
      random_(options_.seed),
      subscribe_throttle_(options_.executor, options_.sessions.worker_subscribes_per_second,
                          options_.sessions.worker_subscribe_burst),
      deflater_(MakeDeflater(options_.sessions)),
      context_{
          .executor = options_.executor,
          .wheel = wheel_,
          .rate_wheel = rate_wheel_,
          .random = random_,
          .subscribe_throttle = subscribe_throttle_,
          .keys = keys_,
          .deflater = deflater_.get(),
          .hub = options_.hub,
          .catalog = options_.catalog,
          .message_handler = options_.message_handler,
          .options = options_.sessions,
          .metrics = options_.metrics,
          .logger = options_.logger,
          .worker = options_.worker,
          .connection_prefix = absl::StrCat(options_.connection_prefix, "-", options_.worker)} {}

SessionTable::~SessionTable() { assert(size_ == 0 && "transports are closed first"); }

ConnectionHandler& SessionTable::OnOpen(Transport& transport, Handshake handshake) {
  assert(options_.executor.IsCurrent());
  uint32_t index = static_cast<uint32_t>(sessions_.size());
  if (free_.empty()) {
    sessions_.emplace_back();
    is_scheduled_.push_back(false);
  } else {
    index = free_.back();
    free_.pop_back();
  }
  sessions_[index] = MakeSession(index, transport, std::move(handshake));
  ++size_;
  if (drain_end_.has_value()) CloseWithinDrain(*sessions_[index]);
  return *sessions_[index];
}

std::unique_ptr<Session> SessionTable::MakeSession(uint32_t index, Transport& transport,
                                                   Handshake handshake) {
  auto& host = static_cast<SessionHost&>(*this);
  if (handshake.v1.has_value()) {
    return std::make_unique<V1Session>(context_, host, index, transport, std::move(handshake));
  }
  return std::make_unique<ClassicSession>(context_, host, index, transport, std::move(handshake));
}

void SessionTable::OnDeliveries(const hub::Deliveries& deliveries) {
  assert(options_.executor.IsCurrent());
  size_t next = 0;
  for (const hub::Deliveries::Part& part : deliveries.parts) {
    WorkerStatePtr state;
    for (; next < part.end; ++next) {
      PrefetchFor(deliveries.receivers, next);
      const subs::SubscriberRef& receiver = deliveries.receivers[next];
      Session* session = sessions_[receiver.session].get();
      if (session == nullptr) continue;
      if (state == nullptr) state.reset(new WorkerState(part.state));
      session->OnDelivery(receiver, state);
    }
  }
}

// What the next deliveries will touch: first a session, then the watch that it leads to.
void SessionTable::PrefetchFor(const std::vector<subs::SubscriberRef>& receivers, size_t next) {
  constexpr size_t kSessionsAhead = 8;
  constexpr size_t kWatchesAhead = 4;
  if (next + kSessionsAhead < receivers.size()) {
    const Session* session = sessions_[receivers[next + kSessionsAhead].session].get();
    base::Prefetch(session, sizeof(Session));
  }
  if (next + kWatchesAhead < receivers.size()) {
    const subs::SubscriberRef& receiver = receivers[next + kWatchesAhead];
    const Session* session = sessions_[receiver.session].get();
    if (session != nullptr) session->PrefetchWatch(receiver.slot);
  }
}

void SessionTable::Drain(base::Duration window) {
  drain_end_ = options_.executor.Now() + window;
  for (const auto& session : sessions_) {
    if (session != nullptr) CloseWithinDrain(*session);
  }
}

void SessionTable::CloseWithinDrain(Session& session) {
  const base::Duration left = std::max(*drain_end_ - options_.executor.Now(), base::Duration(0));
  session.Drain(random_.Between(base::Duration(0), left), left);
}

void SessionTable::ScheduleFlush(uint32_t session) {
  if (is_scheduled_[session]) return;
  is_scheduled_[session] = true;
  to_flush_.push_back(session);
  ScheduleTurnEnd();
}

void SessionTable::OnSessionEnded(uint32_t session) {
  ended_.push_back(std::move(sessions_[session]));
  free_.push_back(session);
  --size_;
  ScheduleTurnEnd();
}

void SessionTable::ScheduleTurnEnd() {
  if (std::exchange(turn_end_scheduled_, true)) return;
  options_.executor.AtTurnEnd([this] { EndTurn(); });
}

void SessionTable::EndTurn() {
  turn_end_scheduled_ = false;
  flushing_.swap(to_flush_);
  for (size_t i = 0; i < flushing_.size(); ++i) {
    const uint32_t index = flushing_[i];
    if (i + 1 < flushing_.size()) {
      base::Prefetch(sessions_[flushing_[i + 1]].get(), sizeof(Session));
    }
    is_scheduled_[index] = false;
    if (sessions_[index] != nullptr) sessions_[index]->Flush();
  }
  flushing_.clear();
  ended_.clear();
  context_.Count();
}

}  // namespace entitysync::session
