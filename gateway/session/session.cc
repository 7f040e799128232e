#include "gateway/session/session.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace entitysync::session {
namespace {

// A new secret moves every subscription: so many of them count as one message.
constexpr size_t kMovesPerMessage = 10;

// A long message takes longer to understand: so many bytes count as one message more.
constexpr size_t kBytesPerMessage = 4 * 1024;

// A client that asks faster than it reads the answers is read no further from this part of the
// limit on.
constexpr size_t kPartThatStopsReading = 4;

// How often a session looks after its heartbeat and its writes.
base::Duration TickInterval(const SessionOptions& options) {
  return std::min(options.heartbeat_interval, options.write_stall_timeout) / 2;
}

}  // namespace

Session::Session(WorkerContext& context, SessionHost& host, uint32_t index, Transport& transport,
                 Handshake handshake)
    : context_(context),
      transport_(transport),
      secret_(context.MakeSecret(std::move(handshake.secret))),
      host_(host),
      index_(index),
      reading_(transport),
      takes_deflated_(handshake.takes_deflated),
      serial_(context.NextSerial()),
      messages_allowed_(context.options.max_messages_per_second, context.options.message_burst,
                        context.executor.Now()),
      last_activity_(context.executor.Now()),
      // As if pinged a tick ago: the first ping comes within one interval whatever the spread.
      last_ping_(last_activity_ - TickInterval(context.options)) {
  // Spread, so that connections made together are not pinged together.
  const base::Duration interval = TickInterval(context_.options);
  context_.wheel.Set(tick_, context_.random.Between(interval / 2, interval));
}

Session::~Session() = default;

void Session::OnMessage(std::string_view payload, bool is_binary) {
  assert(context_.executor.IsCurrent());
  if (is_closing_) return;
  const auto cost = static_cast<uint32_t>(1 + payload.size() / kBytesPerMessage);
  if (messages_allowed_.Take(context_.executor.Now(), cost)) return Handle(payload, is_binary);
  Close(protocol::CloseCode::kTooManyMessages, "too many messages",
        context_.metrics.closed_by_overload);
}

std::optional<uint32_t> Session::FindWatch(const base::EntityKey& key) const {
  const base::EntityKey* shared = context_.keys.Find(key);
  return shared == nullptr ? std::nullopt : watches_.Find(shared);
}

void Session::EndWatch(uint32_t slot) {
  const subs::SubscriptionId id = watches_[slot].id;
  base::KeyPtr key = watches_[slot].key;
  watches_.Remove(slot);
  context_.keys.Release(key);
  context_.hub.Unsubscribe(id, std::move(key), secret_);
}

bool Session::ReplaceSecret(std::string secret) {
  if (secret == *secret_) return true;
  const auto cost = static_cast<uint32_t>(watches_.size() / kMovesPerMessage);
  if (!messages_allowed_.Take(context_.executor.Now(), cost)) {
    Close(protocol::CloseCode::kTooManyMessages, "too many changes of the secret",
          context_.metrics.closed_by_overload);
    return false;
  }
  const fetch::Secret old_secret = std::exchange(secret_, context_.MakeSecret(std::move(secret)));
  for (uint32_t slot = 0; slot < watches_.slot_limit(); ++slot) {
    if (watches_[slot].key == nullptr) continue;
    const subs::SubscriptionId old_id = watches_[slot].id;
    watches_.SetId(slot, NewId());
    context_.hub.ChangeCredential({.old_id = old_id,
                                   .subscriber = RefOf(slot),
                                   .key = watches_[slot].key,
                                   .old_secret = old_secret,
                                   .new_secret = secret_,
                                   .purged = Purge(slot)});
  }
  PaceSubscribing(watches_.size());
  return true;
}

void Session::PaceSubscribing(size_t subscriptions) {
  if (subscriptions == 0) return;
  if (context_.subscribe_throttle.Take(static_cast<uint32_t>(subscriptions))) return;
  context_.subscribe_throttle.Wait(*this);
  if (reading_.Stop(NotReading::kSubscribeRate)) context_.metrics.subscribe_pauses.Increment();
}

void Session::ResumeReading(NotReading reason) {
  if (reading_.Resume(reason)) last_activity_ = context_.executor.Now();  // The silence was ours.
}

void Session::HandToApplication(std::string_view payload, bool is_binary) {
  if (pass_through_ == nullptr) {
    pass_through_ = std::make_shared<PassThrough>(
        context_, [this](PassThrough::Replies replies) { OnMessageDone(std::move(replies)); });
  }
  pass_through_->Submit({.secret = secret_,
                         .connection = ConnectionId(),
                         .data = std::string(payload),
                         .is_binary = is_binary});
  if (pass_through_->IsFull()) reading_.Stop(NotReading::kSlowApplication);
}

void Session::OnMessageDone(PassThrough::Replies replies) {
  if (is_closing_) return;
  OnReplies(std::move(replies));
  if (!is_closing_ && !pass_through_->IsFull()) ResumeReading(NotReading::kSlowApplication);
}

void Session::Send(protocol::Frame frame) {
  if (is_closing_) return;
  if (answers_ == nullptr) answers_ = std::make_unique<AnswerQueue>();
  answers_->bytes += frame->size();
  answers_->frames.push_back(std::move(frame));
  ScheduleFlush();
  const size_t limit = context_.options.reply_queue_bytes;
  // One that is longer than all may be is no fault of who reads it.
  if (answers_->bytes > limit && answers_->frames.size() > 1) {
    return Close(protocol::CloseCode::kOverload, "too many replies wait to be read",
                 context_.metrics.closed_by_overload);
  }
  if (answers_->bytes > limit / kPartThatStopsReading) reading_.Stop(NotReading::kSlowClient);
}

void Session::OnDelivery(const subs::SubscriberRef& receiver, const WorkerStatePtr& state) {
  assert(context_.executor.IsCurrent());
  if (is_closing_ || receiver.slot >= watches_.slot_limit()) return;
  const Watch& watch = watches_[receiver.slot];
  if (watch.id == receiver.id) {
    Queue(receiver.slot, state);
    return ScheduleFlush();
  }
  // Meant for this subscription under an earlier credential: not to be shown any more, but its
  // change must not be lost.
  const bool is_ours =
      watch.first_id != 0 && receiver.id >= watch.first_id && receiver.id < watch.id;
  if (is_ours) context_.hub.Refresh(watch.id, watch.key, secret_);
}

void Session::Flush() {
  if (is_closing_) return;
  if (answers_ != nullptr) SendAnswers();
  const bool all_sent = SendStates();
  if (!is_closing_ && (!all_sent || answers_ != nullptr)) transport_.WantWritable();
}

void Session::SendAnswers() {
  while (transport_.UnsentBytes() < context_.options.flush_bytes) {
    protocol::Frame answer = std::move(answers_->frames.front());
    answers_->frames.pop_front();
    answers_->bytes -= answer->size();
    transport_.Send(new protocol::LocalFrame(std::move(answer)));
    if (!answers_->frames.empty()) continue;
    answers_.reset();
    return ResumeReading(NotReading::kSlowClient);
  }
}

void Session::OnWritable() {
  Flush();
  context_.Count();  // No turn's end needs to follow that does.
}

// At most flush_bytes, or one larger state.
size_t Session::RoomInTransport() const {
  const size_t unsent = transport_.UnsentBytes();
  if (unsent == 0) return std::numeric_limits<size_t>::max();
  const size_t most = context_.options.flush_bytes;
  return unsent < most ? most - unsent : 0;
}

void Session::OnTick() {
  const base::TimePoint now = context_.executor.Now();
  auto& metrics = context_.metrics;
  const SessionOptions& options = context_.options;
  if (is_draining_) {
    return Close(protocol::CloseCode::kRestart, "this server restarts: reconnect",
                 metrics.closed_by_drain);
  }
  if (transport_.UnsentBytes() > 0 &&
      now - transport_.LastProgress() >= options.write_stall_timeout) {
    return Close(protocol::CloseCode::kStalled, "nothing could be written for too long",
                 metrics.closed_by_stall);
  }
  if (!reading_.is_stopped() && now - last_activity_ >= options.heartbeat_interval * 2) {
    return Close(protocol::CloseCode::kStalled, "no sign of life", metrics.closed_by_heartbeat);
  }
  // Rather half a tick early than half a tick late.
  if (now - last_ping_ + TickInterval(options) / 2 >= options.heartbeat_interval) {
    last_ping_ = now;
    transport_.Ping();
  }
  context_.wheel.Set(tick_, TickInterval(options));
}

void Session::Drain(base::Duration delay, base::Duration window) {
  is_draining_ = true;
  if (is_closing_) return;
  // Who does not go by itself is closed at the end, these too not all at once.
  const bool chooses = AnnounceDrain(window);
  context_.wheel.Set(tick_, chooses ? window - delay / 10 : delay);
}

void Session::Close(protocol::CloseCode code, std::string_view reason, metrics::Counter& cause) {
  is_closing_ = true;
  StopTimers();
  cause.Increment();
  transport_.Close(code, reason);
}

void Session::OnClosed() {
  is_closing_ = true;
  StopTimers();
  for (uint32_t slot = 0; slot < watches_.slot_limit(); ++slot) {
    const Watch& watch = watches_[slot];
    if (watch.key == nullptr) continue;
    context_.keys.Release(watch.key);
    context_.hub.Unsubscribe(watch.id, watch.key, secret_);
  }
  pass_through_.reset();
  host_.OnSessionEnded(index_);
}

void Session::StopTimers() {
  context_.wheel.Cancel(tick_);
  context_.subscribe_throttle.Leave(*this);
}

std::string Session::ConnectionId() const {
  return absl::StrCat(context_.connection_prefix, "-", serial_);
}

subs::SubscriptionId Session::NewId() {
  return subs::MakeSubscriptionId(context_.worker, context_.NextSerial());
}

subs::SubscriberRef Session::RefOf(uint32_t slot) const {
  return {.id = watches_[slot].id, .session = index_, .slot = slot};
}

}  // namespace entitysync::session
