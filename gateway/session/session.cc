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

// A few compressed bytes can become very many: so many of them count as one message more.
constexpr size_t kInflatedBytesPerMessage = 4 * 1024;

// How often a session looks after its heartbeat and its writes.
base::Duration TickInterval(const SessionOptions& options) {
  return std::min(options.heartbeat_interval, options.write_stall_timeout) / 2;
}

}  // namespace

Session::Session(WorkerContext& context, SessionHost& host, uint32_t index, Transport& transport,
                 Handshake handshake)
    : context_(context),
      host_(host),
      index_(index),
      transport_(transport),
      reading_(transport),
      takes_deflated_(handshake.takes_deflated),
      serial_(context.NextSerial()),
      secret_(context.MakeSecret(std::move(handshake.secret))),
      messages_(context.options.max_messages_per_second, context.options.message_burst,
                context.executor.Now()),
      last_activity_(context.executor.Now()),
      // As if pinged a tick ago: the first ping comes within one interval whatever the spread.
      last_ping_(last_activity_ - TickInterval(context.options)) {
  // Spread, so that connections made together are not pinged together.
  const base::Duration interval = TickInterval(context_.options);
  context_.wheel.Set(tick_, context_.random.Between(interval / 2, interval));
}

Session::~Session() = default;

void Session::OnInflated(size_t bytes) {
  assert(context_.executor.IsCurrent());
  if (is_closing_) return;
  const auto cost = static_cast<uint32_t>(bytes / kInflatedBytesPerMessage);
  if (messages_.Take(context_.executor.Now(), cost)) return;
  Close(protocol::CloseCode::kTooManyMessages, "too much in compressed messages",
        context_.metrics.closed_by_overload);
}

void Session::OnMessage(std::string_view payload, bool is_binary) {
  assert(context_.executor.IsCurrent());
  if (is_closing_) return;
  if (!messages_.Take(context_.executor.Now())) {
    return Close(protocol::CloseCode::kTooManyMessages, "too many messages",
                 context_.metrics.closed_by_overload);
  }
  using Kind = protocol::ClassicMessage::Kind;
  protocol::ClassicMessage message = protocol::DecodeClassic(payload, is_binary);
  switch (message.kind) {
    case Kind::kSubscribe:
      context_.metrics.messages_subscribe.Increment();
      return Subscribe(std::move(message.key));
    case Kind::kUnsubscribe:
      context_.metrics.messages_unsubscribe.Increment();
      return Unsubscribe(message.key);
    case Kind::kSecret:
      context_.metrics.messages_secret.Increment();
      return ReplaceSecret(std::move(message.secret));
    case Kind::kPassThrough:
      return HandToApplication(payload, is_binary);
    case Kind::kUnusable:
      return context_.metrics.messages_dropped.Increment();
  }
}

void Session::Subscribe(base::EntityKey key) {
  const fetch::EntityType* type = context_.catalog.Find(key.entity);
  if (type == nullptr) {
    context_.metrics.subscriptions_unknown_type.Increment();
    context_.WarnOfUnknownType();
    return;
  }
  if (FindWatch(key).has_value()) return;
  if (watches_.size() >= context_.options.max_subscriptions) {
    return context_.metrics.subscriptions_over_limit.Increment();
  }
  const uint32_t slot = watches_.Add(context_.keys.Acquire(std::move(key)), NewId());
  context_.hub.Subscribe(RefOf(slot), watches_[slot].key, secret_, type->classic_snapshot);
  PaceSubscribing(1);
}

std::optional<uint32_t> Session::FindWatch(const base::EntityKey& key) const {
  const base::EntityKey* shared = context_.keys.Find(key);
  return shared == nullptr ? std::nullopt : watches_.Find(shared);
}

void Session::Unsubscribe(const base::EntityKey& key) {
  const std::optional<uint32_t> slot = FindWatch(key);
  if (!slot.has_value()) return;
  const subs::SubscriptionId id = watches_[*slot].id;
  base::KeyPtr shared_key = watches_[*slot].key;
  watches_.Remove(*slot);
  context_.keys.Release(shared_key);
  context_.hub.Unsubscribe(id, std::move(shared_key), secret_);
}

void Session::ReplaceSecret(std::string secret) {
  if (secret == *secret_) return;
  const auto cost = static_cast<uint32_t>(watches_.size() / kMovesPerMessage);
  if (!messages_.Take(context_.executor.Now(), cost)) {
    return Close(protocol::CloseCode::kTooManyMessages, "too many changes of the secret",
                 context_.metrics.closed_by_overload);
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
                                   .purged = watches_.Purge(slot)});
  }
  PaceSubscribing(watches_.size());
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
  if (context_.message_handler == nullptr) {
    return context_.metrics.pass_through_dropped.Increment();
  }
  if (pass_through_ == nullptr) {
    pass_through_ = std::make_shared<PassThrough>(
        context_, [this](const std::vector<fetch::MessageReply>& replies) { OnReplies(replies); });
  }
  pass_through_->Submit({.secret = secret_,
                         .connection = absl::StrCat(context_.connection_prefix, "-", serial_),
                         .data = std::string(payload),
                         .is_binary = is_binary});
  if (pass_through_->IsFull()) reading_.Stop(NotReading::kSlowApplication);
}

void Session::OnReplies(const std::vector<fetch::MessageReply>& replies) {
  if (is_closing_) return;
  if (!replies.empty() && replies_ == nullptr) replies_ = std::make_unique<Replies>();
  for (const fetch::MessageReply& reply : replies) {
    replies_->frames.push_back(protocol::EncodeClassicReply(reply.data, reply.is_binary));
    replies_->bytes += replies_->frames.back()->size();
  }
  if (replies_ != nullptr && replies_->bytes > context_.options.reply_queue_bytes) {
    return Close(protocol::CloseCode::kOverload, "too many replies wait to be read",
                 context_.metrics.closed_by_overload);
  }
  if (!replies.empty()) host_.ScheduleFlush(index_);
  if (!pass_through_->IsFull()) ResumeReading(NotReading::kSlowApplication);
}

void Session::OnDelivery(const subs::SubscriberRef& receiver, const WorkerStatePtr& state) {
  assert(context_.executor.IsCurrent());
  if (is_closing_ || receiver.slot >= watches_.slot_limit()) return;
  const Watch& watch = watches_[receiver.slot];
  if (watch.id == receiver.id) {
    if (watches_.Put(receiver.slot, state)) ++context_.states_replaced;
    return host_.ScheduleFlush(index_);
  }
  // Meant for this subscription under an earlier credential: not to be shown any more, but its
  // change must not be lost.
  const bool is_ours =
      watch.first_id != 0 && receiver.id >= watch.first_id && receiver.id < watch.id;
  if (is_ours) context_.hub.Refresh(watch.id, watch.key, secret_);
}

void Session::Flush() {
  if (is_closing_) return;
  if (replies_ != nullptr) SendReplies();
  protocol::Deflater* const deflater = takes_deflated_ ? context_.deflater : nullptr;
  for (size_t unsent = transport_.UnsentBytes(); unsent < context_.options.flush_bytes;
       unsent = transport_.UnsentBytes()) {
    // What is handed over can no longer be replaced: at most flush_bytes, or one larger state.
    const size_t room =
        unsent == 0 ? std::numeric_limits<size_t>::max() : context_.options.flush_bytes - unsent;
    const WorkerStatePtr state = watches_.Next(room, deflater);
    if (state == nullptr) break;
    ++context_.states_sent;
    if (!state->classic->empty()) transport_.Send(state->FrameFor(deflater));
  }
  if (!watches_.IsIdle() || replies_ != nullptr) transport_.WantWritable();
}

void Session::SendReplies() {
  while (transport_.UnsentBytes() < context_.options.flush_bytes) {
    protocol::Frame reply = std::move(replies_->frames.front());
    replies_->frames.pop_front();
    replies_->bytes -= reply->size();
    transport_.Send(new protocol::LocalFrame(std::move(reply)));
    if (replies_->frames.empty()) return replies_.reset();
  }
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

void Session::CloseAfter(base::Duration delay) {
  is_draining_ = true;
  if (!is_closing_) context_.wheel.Set(tick_, delay);
}

void Session::Close(protocol::CloseCode code, std::string_view reason, metrics::Counter& cause) {
  is_closing_ = true;
  context_.wheel.Cancel(tick_);
  context_.subscribe_throttle.Leave(*this);
  cause.Increment();
  transport_.Close(code, reason);
}

void Session::OnClosed() {
  is_closing_ = true;
  context_.wheel.Cancel(tick_);
  context_.subscribe_throttle.Leave(*this);
  for (uint32_t slot = 0; slot < watches_.slot_limit(); ++slot) {
    const Watch& watch = watches_[slot];
    if (watch.key == nullptr) continue;
    context_.keys.Release(watch.key);
    context_.hub.Unsubscribe(watch.id, watch.key, secret_);
  }
  pass_through_.reset();
  host_.OnSessionEnded(index_);
}

subs::SubscriptionId Session::NewId() {
  return subs::MakeSubscriptionId(context_.worker, context_.NextSerial());
}

subs::SubscriberRef Session::RefOf(uint32_t slot) const {
  return {.id = watches_[slot].id, .session = index_, .slot = slot};
}

}  // namespace entitysync::session
