#include "gateway/session/classic_session.h"

#include <utility>

#include "gateway/base/limits.h"

namespace entitysync::session {

void ClassicSession::Handle(std::string_view payload, bool is_binary) {
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
      if (message.secret.size() > base::limits::kMaxSecretBytes) {
        return context_.metrics.messages_dropped.Increment();
      }
      context_.metrics.messages_secret.Increment();
      ReplaceSecret(std::move(message.secret));
      return;
    case Kind::kPassThrough:
      return PassOn(payload, is_binary);
    case Kind::kUnusable:
      return context_.metrics.messages_dropped.Increment();
  }
}

void ClassicSession::Subscribe(base::EntityKey key) {
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
  context_.hub.Subscribe(
      {.subscriber = RefOf(slot), .key = watches_[slot].key, .snapshot = type->classic_snapshot},
      secret_);
  PaceSubscribing(1);
}

void ClassicSession::Unsubscribe(const base::EntityKey& key) {
  const std::optional<uint32_t> slot = FindWatch(key);
  if (slot.has_value()) EndWatch(*slot);
}

void ClassicSession::PassOn(std::string_view payload, bool is_binary) {
  if (context_.message_handler == nullptr) {
    return context_.metrics.pass_through_dropped.Increment();
  }
  HandToApplication(payload, is_binary);
}

void ClassicSession::OnReplies(absl::StatusOr<std::vector<fetch::MessageReply>> replies) {
  if (!replies.ok()) return;
  for (const fetch::MessageReply& reply : *replies) {
    Send(protocol::EncodeClassicReply(reply.data, reply.is_binary));
  }
}

bool ClassicSession::SendStates() {
  for (size_t room = RoomInTransport(); room > 0; room = RoomInTransport()) {
    const WorkerStatePtr state = watches_.Next(room, deflater());
    if (state == nullptr) break;
    ++context_.states_sent;
    if (!state->state->classic->empty()) transport_.Send(state->FrameFor(deflater()));
  }
  return watches_.IsIdle();
}

}  // namespace entitysync::session
