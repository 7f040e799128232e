#include "gateway/session/v1_outbox.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace entitysync::session {
namespace {

using client::v1::ServerEvent;

void SetKey(const base::EntityKey& key, auto& message) {
  message.set_entity(key.entity);
  message.set_id(key.id);
}

// How long after a state the next may come. A rate so low that it means never is once a day.
base::Duration IntervalOf(double max_rate) {
  if (max_rate <= 0) return base::Duration(0);
  constexpr double kDay = 24 * 60 * 60;
  return std::chrono::duration_cast<base::Duration>(
      std::chrono::duration<double>(std::min(1 / max_rate, kDay)));
}

}  // namespace

void V1Outbox::Begin(uint32_t slot, const V1WatchOptions& options) {
  if (slots_.size() <= slot) slots_.resize(slot + 1);
  Slot& added = slots_[slot];
  const base::TimePoint release_at = added.release_at;  // Of whoever had the slot before.
  added = {};
  added.release_at = release_at;
  added.patches = options.patches;
  added.max_rate = options.max_rate;
  if (!options.known.has_value()) return;
  added.sent_number = options.known->number;
  added.must_confirm = true;
  watches_.SetSent(slot, options.known->hash);
}

void V1Outbox::SetMaxRate(uint32_t slot, double max_rate) {
  At(slot).max_rate = max_rate;
  if (watches_[slot].waiting != nullptr) watches_.Queue(slot);  // It may go sooner.
}

void V1Outbox::Queue(uint32_t slot, const WorkerStatePtr& state) {
  Slot& told = At(slot);
  const hub::StateKind kind = state->state->kind;
  if (hub::IsDenial(kind)) {
    Purge(slot);
    told.withdrawn = kind;
  } else if (kind == hub::StateKind::kStale) {
    told.is_stale = true;
  } else {
    told.is_stale = told.stale_again = false;
    if (watches_.Put(slot, state)) ++context_.states_replaced;
    return;
  }
  watches_.Queue(slot);
}

bool V1Outbox::Purge(uint32_t slot) {
  At(slot).stale_again = false;
  const bool was_stale = std::exchange(At(slot).is_stale, false);
  const bool was_withdrawn = std::exchange(At(slot).withdrawn, std::nullopt).has_value();
  return watches_.Purge(slot) || was_stale || was_withdrawn;
}

bool V1Outbox::SendNext(Transport& transport, size_t room) {
  const uint32_t slot = watches_.first();
  if (slot == kNoSlot) return false;
  if (watches_[slot].key == nullptr) {
    watches_.TakeFirst();  // It ended.
  } else if (IsWithdrawn(slot)) {
    SendWithdrawn(slot, transport);
  } else if (Holds(slot)) {
    TellStaleOfHeld(slot, transport);
    HoldBackFirst();
  } else if (watches_[slot].waiting != nullptr) {
    return SendState(slot, transport, room);
  } else {
    watches_.TakeFirst();
    if (std::exchange(At(slot).is_stale, false)) SendStale(slot, transport);
  }
  return true;
}

// Whether what waits is a new state and would come too fast.
bool V1Outbox::Holds(uint32_t slot) const {
  const Watch& watch = watches_[slot];
  if (watch.waiting == nullptr || context_.executor.Now() >= NextAllowed(slot)) return false;
  return !watch.was_sent || watch.sent_hash != watch.waiting->state->hash;
}

base::TimePoint V1Outbox::NextAllowed(uint32_t slot) const {
  const Slot& told = slots_[slot];
  const bool is_free = told.max_rate <= 0 || told.last_sent == base::TimePoint();
  return is_free ? base::TimePoint() : told.last_sent + IntervalOf(told.max_rate);
}

// A state that must wait is no reason to keep quiet that the application is away. The state ends
// that for the client when it goes, so that it has to be told again then.
void V1Outbox::TellStaleOfHeld(uint32_t slot, Transport& transport) {
  if (!std::exchange(At(slot).is_stale, false)) return;
  SendStale(slot, transport);
  At(slot).stale_again = true;
}

void V1Outbox::HoldBackFirst() {
  const uint32_t slot = watches_.first();
  watches_.SetFirstAside();
  Slot& held = At(slot);
  const base::TimePoint until = NextAllowed(slot);
  // It has a place that comes in time; it is looked at again then.
  if (held.release_at != base::TimePoint() && held.release_at <= until) return;
  held.release_at = until;
  held_.push_back({until, slot});
  std::push_heap(held_.begin(), held_.end(), std::greater<>());
  if (held_.size() > 2 * slots_.size() + 16) ForgetSuperseded();
}

// Where rates change often, places are left behind that mean nothing any more.
void V1Outbox::ForgetSuperseded() {
  held_.clear();
  for (uint32_t slot = 0; slot < slots_.size(); ++slot) {
    const base::TimePoint until = slots_[slot].release_at;
    if (until != base::TimePoint()) held_.push_back({until, slot});
  }
  std::make_heap(held_.begin(), held_.end(), std::greater<>());
}

std::optional<base::TimePoint> V1Outbox::NextRelease() const {
  return held_.empty() ? std::nullopt : std::optional(held_.front().until);
}

void V1Outbox::Release(base::TimePoint now) {
  while (!held_.empty() && held_.front().until <= now) {
    const Held held = held_.front();
    std::pop_heap(held_.begin(), held_.end(), std::greater<>());
    held_.pop_back();
    if (At(held.slot).release_at != held.until) continue;
    At(held.slot).release_at = {};
    if (watches_[held.slot].waiting != nullptr) watches_.Queue(held.slot);
  }
}

protocol::StateVersion V1Outbox::SentVersion(uint32_t slot) const {
  return {.number = slots_[slot].sent_number, .hash = watches_[slot].sent_hash};
}

bool V1Outbox::SendState(uint32_t slot, Transport& transport, size_t room) {
  const WorkerStatePtr state = watches_[slot].waiting;
  // Nothing is made in vain for who has no room for it: as a patch it may be short.
  const bool may_patch = At(slot).patches && At(slot).is_base;
  if (!may_patch && state->state->classic->size() > room) return false;
  const Message message = MessageFor(slot, *state);
  if (message.frame != nullptr && message.frame->size() > room) return false;
  watches_.TakeFirst();
  if (message.frame != nullptr) transport.Send(message.frame);
  OnSent(slot, message.told, *state->state);
  Slot& sent = At(slot);
  if (std::exchange(sent.stale_again, false)) sent.is_stale = true;
  if (sent.is_stale) watches_.Queue(slot);
  return true;
}

V1Outbox::Message V1Outbox::MessageFor(uint32_t slot, const WorkerState& state) const {
  const Watch& watch = watches_[slot];
  const Slot& told = slots_[slot];
  if (watch.was_sent && watch.sent_hash == state.state->hash) {
    if (!told.must_confirm) return {Told::kNothing, nullptr};
    ServerEvent event;
    SetKey(*watch.key, *event.mutable_unchanged());
    event.mutable_unchanged()->set_version(protocol::WriteVersion(SentVersion(slot)));
    return {Told::kUnchanged, Encode(event)};
  }
  if (told.patches && told.is_base) {
    const auto& patch = state.V1Patch(form_, SentVersion(slot), deflater_);
    if (patch != nullptr) return {Told::kPatch, patch};
  }
  return {Told::kState, state.V1Full(form_, deflater_)};
}

void V1Outbox::OnSent(uint32_t slot, Told told, const hub::State& state) {
  if (told == Told::kNothing) return;
  Slot& sent = At(slot);
  sent.must_confirm = false;
  sent.is_base = true;
  if (told == Told::kUnchanged) {
    ++context_.unchanged_sent;
    return;
  }
  ++context_.states_sent;
  if (told == Told::kPatch) ++context_.patches_sent;
  watches_.SetSent(slot, state.hash);
  sent.sent_number = state.v1->version().number;
  sent.last_sent = context_.executor.Now();
}

void V1Outbox::SendStale(uint32_t slot, Transport& transport) {
  ++context_.stale_sent;
  At(slot).must_confirm = true;
  ServerEvent event;
  SetKey(*watches_[slot].key, *event.mutable_stale());
  transport.Send(Encode(event));
}

void V1Outbox::SendWithdrawn(uint32_t slot, Transport& transport) {
  context_.metrics.withdrawn.Increment();
  base::KeyPtr key = watches_[slot].key;
  ServerEvent event;
  SetKey(*key, *event.mutable_unsubscribed()->add_keys());
  const bool is_known = At(slot).withdrawn == hub::StateKind::kPermissionDenied;
  event.mutable_unsubscribed()->set_code(is_known ? "PERMISSION_DENIED" : "UNAUTHENTICATED");
  transport.Send(Encode(event));
  watches_.TakeFirst();
  const subs::SubscriptionId id = watches_[slot].id;
  watches_.Remove(slot);
  context_.keys.Release(key);
  context_.hub.Unsubscribe(id, std::move(key), secret_);
}

protocol::LocalFramePtr V1Outbox::Encode(const ServerEvent& event) const {
  return new protocol::LocalFrame(protocol::EncodeV1(form_, event));
}

}  // namespace entitysync::session
