#include "gateway/session/v1_session.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "gateway/base/limits.h"

namespace entitysync::session {
namespace {

using client::v1::ClientMessage;
using client::v1::ServerEvent;

std::string CodeName(absl::StatusCode code) { return absl::StatusCodeToString(code); }

std::string Text(absl::string_view text) { return std::string(text); }

uint32_t Milliseconds(base::Duration span) {
  return static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(span).count());
}

absl::Status CheckCount(int count) {
  if (count == 0) return absl::InvalidArgumentError("the message names no key: name at least one");
  if (static_cast<size_t>(count) <= protocol::kMaxV1Items) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("one message may name ", protocol::kMaxV1Items,
                                                 " keys, not ", count, ": send several"));
}

// Why a message failed. What an application says by one of these codes it says to the client; texts
// of the others come from libraries, and may name what is nobody's business.
absl::Status AsToldToClients(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kAborted:
      if (const auto text = status.GetPayload(fetch::kApplicationText)) {
        return absl::Status(status.code(), std::string(*text));
      }
      break;
    case absl::StatusCode::kUnimplemented:
      return absl::UnimplementedError("the application takes no messages");
    default:
      break;
  }
  return absl::Status(status.code(), "the application did not do it; the code says why");
}

// Names a key in an answer, unless it is far longer than any.
void Echo(const base::EntityKey& key, auto& answer) {
  if (key.entity.size() <= base::limits::kMaxEntityBytes) answer.set_entity(key.entity);
  if (key.id.size() <= base::limits::kMaxIdBytes) answer.set_id(key.id);
}

}  // namespace

V1Session::V1Session(WorkerContext& context, SessionHost& host, uint32_t index,
                     Transport& transport, Handshake handshake)
    : Session(context, host, index, transport, handshake),
      form_(*handshake.v1),
      outbox_(context, secret_, watches_, form_, deflater()) {
  context_.metrics.connections_v1.Increment();
  SendWelcome();
}

V1Session::~V1Session() { context_.metrics.connections_v1.Decrement(); }

void V1Session::SendWelcome() {
  const SessionOptions& options = context_.options;
  ServerEvent event;
  client::v1::Welcome& welcome = *event.mutable_welcome();
  welcome.set_connection(ConnectionId());
  welcome.set_protocol(
      std::string(form_ == protocol::V1Form::kJson ? protocol::kV1Json : protocol::kV1Proto));
  welcome.set_heartbeat_seconds(std::chrono::duration<double>(options.heartbeat_interval).count());
  client::v1::Limits& limits = *welcome.mutable_limits();
  limits.set_message_bytes(static_cast<uint32_t>(options.max_v1_message_bytes));
  limits.set_subscriptions(static_cast<uint32_t>(options.max_subscriptions));
  limits.set_subscriptions_per_message(protocol::kMaxV1Items);
  limits.set_messages_per_second(options.max_messages_per_second);
  SendEvent(std::nullopt, std::move(event));
}

void V1Session::Handle(std::string_view payload, bool is_binary) {
  if (is_ending_) return;
  absl::StatusOr<protocol::V1Message> read = protocol::DecodeV1(form_, payload, is_binary);
  if (!read.ok()) {
    context_.metrics.messages_dropped.Increment();
    SendError(std::nullopt, read.status());
    is_ending_ = true;
    return;
  }
  const ClientMessage& message = read->message;
  const Ref ref = message.has_ref() ? Ref(message.ref()) : std::nullopt;
  if (!read->body.ok()) {
    context_.metrics.messages_dropped.Increment();
    return SendError(ref, read->body);
  }
  auto& metrics = context_.metrics;
  switch (message.action_case()) {
    case ClientMessage::kAuthenticate:
      metrics.messages_secret.Increment();
      return Authenticate(ref, message.authenticate());
    case ClientMessage::kSubscribe:
      metrics.messages_subscribe.Increment();
      return Subscribe(ref, *read);
    case ClientMessage::kUnsubscribe:
      metrics.messages_unsubscribe.Increment();
      return Unsubscribe(ref, *read);
    case ClientMessage::kUpdate:
      metrics.messages_update.Increment();
      return Update(ref, message.update());
    case ClientMessage::kMessage:
      return PassOn(ref, message.message());
    case ClientMessage::kPing: {
      metrics.messages_ping.Increment();
      ServerEvent pong;
      pong.mutable_pong();
      return SendEvent(ref, std::move(pong));
    }
    case ClientMessage::ACTION_NOT_SET:
      metrics.messages_unknown.Increment();
      if (ref) SendError(ref, absl::UnimplementedError("this gateway knows no such action"));
  }
}

void V1Session::Authenticate(Ref ref, const client::v1::Authenticate& request) {
  if (request.secret().size() > base::limits::kMaxSecretBytes) {
    return SendError(ref, absl::InvalidArgumentError(
                              absl::StrCat("a secret has at most ", base::limits::kMaxSecretBytes,
                                           " bytes; present a shorter token")));
  }
  if (!ReplaceSecret(request.secret())) return;
  ServerEvent event;
  event.mutable_authenticated();
  if (ref) SendEvent(ref, std::move(event));
}

void V1Session::Subscribe(Ref ref, const protocol::V1Message& message) {
  const auto& asked = message.message.subscribe().subscriptions();
  if (const absl::Status status = CheckCount(asked.size()); !status.ok()) {
    return SendError(ref, status);
  }
  Changes changes;
  changes.begun.reserve(static_cast<size_t>(asked.size()));
  ServerEvent event;
  for (int i = 0; i < asked.size(); ++i) {
    client::v1::SubscriptionStatus& result = *event.mutable_subscribed()->add_results();
    Echo({asked[i].entity(), asked[i].id()}, result);
    const absl::Status status = Begin(asked[i], message.FaultOf(i), changes, result);
    result.set_code(CodeName(status.code()));
    result.set_message(Text(status.message()));
    if (!status.ok() && !ref) {
      const base::EntityKey key{asked[i].entity(), asked[i].id()};
      SendError(ref, status, &key);
    }
  }
  if (ref) SendEvent(ref, std::move(event));
  const size_t count = changes.begun.size();
  if (count > 0) context_.hub.SubscribeAll(std::move(changes.begun), secret_);
  // Last, so that nobody else need watch for what the hub knows of a key to stay.
  for (auto& [id, key] : changes.ended) context_.hub.Unsubscribe(id, std::move(key), secret_);
  PaceSubscribing(count);
}

absl::Status V1Session::Begin(const client::v1::Subscription& asked, std::string_view fault,
                              Changes& changes, client::v1::SubscriptionStatus& result) {
  if (!fault.empty())
    return absl::InvalidArgumentError(absl::string_view(fault.data(), fault.size()));
  if (absl::Status valid = base::ValidateEntityKey(asked.entity(), asked.id()); !valid.ok()) {
    return valid;
  }
  if (asked.has_max_rate() && !(std::isfinite(asked.max_rate()) && asked.max_rate() > 0)) {
    return absl::InvalidArgumentError(
        "maxRate has to be a number above 0; leave it out for no limit");
  }
  if (context_.catalog.Find(asked.entity()) == nullptr) {
    context_.metrics.subscriptions_unknown_type.Increment();
    return absl::NotFoundError("this gateway serves no such entity type");
  }
  base::EntityKey key{asked.entity(), asked.id()};
  EndFor(key, changes);  // Watched already: it begins anew.
  if (watches_.size() >= context_.options.max_subscriptions) {
    context_.metrics.subscriptions_over_limit.Increment();
    return absl::ResourceExhaustedError("this connection watches as many keys as it may");
  }
  const uint32_t slot = watches_.Add(context_.keys.Acquire(std::move(key)), NewId());
  V1WatchOptions options{
      .known = {}, .patches = asked.patches(), .max_rate = CappedRate(asked.max_rate())};
  if (asked.has_known()) options.known = protocol::ReadVersion(asked.known());
  outbox_.Begin(slot, options);
  if (options.max_rate > 0) result.set_max_rate(options.max_rate);
  changes.begun.push_back({.subscriber = RefOf(slot),
                           .key = watches_[slot].key,
                           .snapshot = !asked.has_snapshot() || asked.snapshot(),
                           .is_v1 = true,
                           .patches = asked.patches()});
  return absl::OkStatus();
}

void V1Session::EndFor(const base::EntityKey& key, Changes& changes) {
  const std::optional<uint32_t> slot = FindWatch(key);
  if (!slot.has_value()) return;
  const subs::SubscriptionId id = watches_[*slot].id;
  base::KeyPtr shared_key = watches_[*slot].key;
  watches_.Remove(*slot);
  context_.keys.Release(shared_key);
  // What was named twice in one message is not with the hub yet.
  const auto is_it = [id](const hub::Subscription& other) { return other.subscriber.id == id; };
  if (std::erase_if(changes.begun, is_it) == 0) {
    changes.ended.emplace_back(id, std::move(shared_key));
  }
}

void V1Session::Unsubscribe(Ref ref, const protocol::V1Message& message) {
  const client::v1::Unsubscribe& request = message.message.unsubscribe();
  if (const absl::Status status = CheckCount(request.keys_size()); !status.ok()) {
    return SendError(ref, status);
  }
  ServerEvent event;
  event.mutable_unsubscribed();
  for (int i = 0; i < request.keys_size(); ++i) {
    if (const std::string_view fault = message.FaultOf(i); !fault.empty()) {
      SendError(std::nullopt,
                absl::InvalidArgumentError(absl::string_view(fault.data(), fault.size())));
      continue;
    }
    const base::EntityKey key{request.keys(i).entity(), request.keys(i).id()};
    const std::optional<uint32_t> slot = FindWatch(key);
    if (slot.has_value()) EndWatch(*slot);
    Echo(key, *event.mutable_unsubscribed()->add_keys());
  }
  if (ref) SendEvent(ref, std::move(event));
}

void V1Session::Update(Ref ref, const client::v1::Update& request) {
  const base::EntityKey key{request.entity(), request.id()};
  const std::optional<uint32_t> slot = FindWatch(key);
  if (!slot.has_value() || outbox_.IsWithdrawn(*slot)) {
    return SendError(ref, absl::NotFoundError("this key is not watched: subscribe to it"), &key);
  }
  if (request.has_max_rate() && !(std::isfinite(request.max_rate()) && request.max_rate() >= 0)) {
    return SendError(
        ref, absl::InvalidArgumentError("maxRate has to be a number above 0, or 0 for no limit"),
        &key);
  }
  if (request.has_max_rate()) outbox_.SetMaxRate(*slot, CappedRate(request.max_rate()));
  if (request.has_patches()) outbox_.SetPatches(*slot, request.patches());
  if (request.patches()) context_.hub.WantPatches(watches_[*slot].key, secret_);
  ScheduleFlush();
  if (!ref) return;
  ServerEvent event;
  client::v1::Updated& updated = *event.mutable_updated();
  updated.set_entity(key.entity);
  updated.set_id(key.id);
  const double in_force = outbox_.max_rate(*slot);
  if (in_force > 0) updated.set_max_rate(in_force);
  SendEvent(ref, std::move(event));
}

// The rate in force where this one is wanted; 0 is none in both.
double V1Session::CappedRate(double max_rate) const {
  const double most = context_.options.max_state_rate;
  if (most <= 0) return max_rate;
  return max_rate > 0 ? std::min(max_rate, most) : most;
}

void V1Session::PassOn(Ref ref, const client::v1::ApplicationMessage& message) {
  if (context_.message_handler == nullptr) {
    context_.metrics.pass_through_dropped.Increment();
    return SendError(ref, absl::UnimplementedError("no application takes messages here"));
  }
  refs_.push_back(ref);
  HandToApplication(message.data(), form_ == protocol::V1Form::kProto);
}

void V1Session::OnReplies(absl::StatusOr<std::vector<fetch::MessageReply>> replies) {
  const Ref ref = refs_.front();
  refs_.pop_front();
  if (!replies.ok()) return SendError(ref, AsToldToClients(replies.status()));
  ServerEvent event;
  event.mutable_reply();
  for (fetch::MessageReply& reply : *replies) {
    event.mutable_reply()->add_replies(std::move(reply.data));
  }
  if (ref || !replies->empty()) SendEvent(ref, std::move(event));
}

void V1Session::Queue(uint32_t slot, const WorkerStatePtr& state) {
  if (!outbox_.IsWithdrawn(slot)) outbox_.Queue(slot, state);
}

bool V1Session::SendStates() {
  if (is_ending_) {
    if (HasAnswers() || transport_.UnsentBytes() > 0) return false;
    Close(protocol::CloseCode::kNotUnderstood, "the error event says why",
          context_.metrics.closed_by_violation);
    return true;
  }
  for (size_t room = RoomInTransport(); room > 0; room = RoomInTransport()) {
    if (!outbox_.SendNext(transport_, room)) break;
  }
  const std::optional<base::TimePoint> next = outbox_.NextRelease();
  if (next.has_value()) context_.rate_wheel.Set(release_, *next - context_.executor.Now());
  return watches_.IsIdle();
}

void V1Session::OnRelease() {
  outbox_.Release(context_.executor.Now());
  ScheduleFlush();
}

bool V1Session::AnnounceDrain(base::Duration window) {
  ServerEvent event;
  event.mutable_reconnect()->add_after_ms(0);
  event.mutable_reconnect()->add_after_ms(Milliseconds(window));
  SendEvent(std::nullopt, std::move(event));
  return true;
}

void V1Session::SendEvent(Ref ref, ServerEvent event) {
  if (is_ending_) return;
  if (ref) event.set_ref(*ref);
  Send(protocol::EncodeV1(form_, event));
}

void V1Session::SendError(Ref ref, const absl::Status& status, const base::EntityKey* key) {
  context_.metrics.errors_sent.Increment();
  ServerEvent event;
  event.mutable_error()->set_code(CodeName(status.code()));
  event.mutable_error()->set_message(Text(status.message()));
  if (key != nullptr) Echo(*key, *event.mutable_error()->mutable_key());
  SendEvent(ref, std::move(event));
}

}  // namespace entitysync::session
