#include "gateway/hub/pair.h"

#include <algorithm>
#include <utility>

#include "gateway/protocol/classic.h"

namespace entitysync::hub {
namespace {

StatePtr MakeNotice(StateKind kind) {
  auto notice = std::make_shared<State>();
  notice->kind = kind;
  return notice;
}

StateKind KindOfDenial(absl::StatusCode code) {
  return code == absl::StatusCode::kUnauthenticated ? StateKind::kUnauthenticated
                                                    : StateKind::kPermissionDenied;
}

}  // namespace

Pair::Pair(fetch::CoalescerContext& context, const fetch::EntityType& type,
           fetch::TargetAccess& target, base::KeyPtr key, fetch::Secret secret, uint64_t floor,
           DeliveryQueue& deliveries, Owner& owner)
    : key_(std::move(key)),
      secret_(std::move(secret)),
      metrics_(context.metrics),
      deliveries_(deliveries),
      owner_(owner),
      coalescer_(context, type, target, key_, secret_, floor,
                 static_cast<fetch::OutcomeListener&>(*this)) {
  metrics_.watched_pairs.Increment();
}

Pair::~Pair() { metrics_.watched_pairs.Decrement(); }

void Pair::Add(const subs::Subscriber& subscriber, bool wants_state) {
  subs::Subscriber& added = subscribers_.Add(subscriber);
  if (added.is_v1) AddV1();
  if (wants_state || (added.is_v1 && IsDenied())) return GiveState(added);
  has_waiting_ = true;
}

void Pair::OnChange(std::optional<uint64_t> version) {
  if (coalescer_.OnChange(version)) return;
  // The state of this change is here already, but not with everybody: it may have come before them.
  if (has_waiting_ && state_ != nullptr) HandToAll(false);
}

void Pair::Refresh(subs::SubscriptionId id) {
  subs::Subscriber* subscriber = subscribers_.Find(id);
  if (subscriber == nullptr) return;
  subscriber->was_handed = false;
  subscriber->is_told_stale = false;
  GiveState(*subscriber);
}

void Pair::Restore(StatePtr state, base::TimePoint until) {
  kept_until_ = until;
  const bool removed = state->kind == StateKind::kRemoved;
  coalescer_.Restore(removed ? fetch::Outcome::kRemoved : fetch::Outcome::kRows, state->version);
  state_ = std::move(state);
}

void Pair::GiveState(subs::Subscriber& subscriber) {
  const bool settled = coalescer_.IsSettled();
  if (settled && denial_ != nullptr) return Tell(subscriber, denial_);
  // While a read replica lags, a newcomer gets what the others have; more is being asked for.
  if (state_ == nullptr || !(settled || coalescer_.IsLagging())) {
    if (is_stale_) Tell(subscriber, MakeNotice(StateKind::kStale));
    return coalescer_.Need();
  }
  const Handed handed = HandTo(subscriber);
  if (handed == Handed::kYes) metrics_.deliveries.Increment();
  if (handed == Handed::kHasNewer) coalescer_.Expect(subscriber.handed_version);
}

void Pair::OnOutcome(fetch::Judged judged) {
  kept_until_.reset();
  is_stale_ = false;
  if (judged.versions_reset) owner_.OnVersionsReset();
  const bool was_denied = denial_ != nullptr;
  const bool is_denied = judged.outcome == fetch::Outcome::kDenied;
  denial_ = is_denied ? MakeNotice(KindOfDenial(judged.answer.status.code())) : nullptr;
  const StatePtr before =
      std::exchange(state_, is_denied ? nullptr : Encode(judged.outcome, judged.answer));
  const bool same =
      before == nullptr ? was_denied && is_denied : !is_denied && before->hash == state_->hash;
  if (judged.is_unexplained && !same) owner_.OnAuditDifference();
  if (is_denied) return TellAll(denial_);
  HandToAll(judged.versions_reset);
}

void Pair::OnUnanswered() {
  if (std::exchange(is_stale_, true) || !has_v1_) return;
  TellAll(MakeNotice(StateKind::kStale));
}

void Pair::TellAll(const StatePtr& notice) {
  if (!has_v1_) return;
  for (subs::Subscriber& subscriber : subscribers_.all()) Tell(subscriber, notice);
}

// Only those of v1 have words for it.
void Pair::Tell(subs::Subscriber& subscriber, const StatePtr& notice) {
  if (!subscriber.is_v1) return;
  if (notice->kind != StateKind::kStale) {
    subscriber.was_handed = false;  // It forgets what it was handed.
  } else if (std::exchange(subscriber.is_told_stale, true)) {
    return;
  }
  deliveries_.Add(notice, subscriber.ref);
}

StatePtr Pair::Encode(fetch::Outcome outcome, const fetch::FetchAnswer& answer) {
  auto state = std::make_shared<State>();
  const bool removed = outcome == fetch::Outcome::kRemoved;
  state->kind = removed ? StateKind::kRemoved : StateKind::kRows;
  state->hash = removed ? protocol::kRemovedHash : base::HashRows(answer.rows);
  state->version = answer.version;
  if (state_ != nullptr && state_->hash == state->hash) {
    state->classic = state_->classic;
    state->deflated.ShareWith(state_->deflated);
    state->v1 = state_->v1;
    return state;
  }
  protocol::ClassicState encoded = protocol::EncodeClassic(answer.rows);
  state->classic = std::move(encoded.frame);
  if (has_v1_) state->v1 = EncodeV1(*state);
  metrics_.states_encoded.Increment();
  metrics::Add(metrics_.rows_not_utf8, encoded.rows_not_utf8);
  return state;
}

protocol::V1StatePtr Pair::EncodeV1(const State& state) const {
  const bool has_base = wants_patches_ && state_ != nullptr;
  return std::make_shared<const protocol::V1State>(
      key_, protocol::StateVersion{.number = state.version, .hash = state.hash},
      state.kind == StateKind::kRemoved ? nullptr : state.classic,
      has_base ? state_->v1.get() : nullptr);
}

// The first of v1 watches: the present state was not made for it.
void Pair::AddV1() {
  if (std::exchange(has_v1_, true) || state_ == nullptr) return;
  auto state = ClassicCopyOf(*state_);
  state->v1 = EncodeV1(*state);
  state_ = std::move(state);
}

void Pair::HandToAll(bool versions_reset) {
  has_waiting_ = false;
  uint64_t newest_handed = 0;
  size_t counts[3] = {};
  for (subs::Subscriber& subscriber : subscribers_.all()) {
    if (versions_reset) subscriber.handed_version = 0;
    const Handed handed = HandTo(subscriber);
    ++counts[static_cast<size_t>(handed)];
    if (handed == Handed::kHasNewer) {
      newest_handed = std::max(newest_handed, subscriber.handed_version);
    }
  }
  metrics::Add(metrics_.deliveries, counts[0]);
  metrics::Add(metrics_.deliveries_suppressed, counts[1]);
  // A watcher that came from another credential has a newer version than this answer, so the
  // application must have it too: ask until it says so.
  if (newest_handed > 0) coalescer_.Expect(newest_handed);
}

Pair::Handed Pair::HandTo(subs::Subscriber& subscriber) {
  if (state_->version.has_value()) {
    if (*state_->version < subscriber.handed_version) return Handed::kHasNewer;
    subscriber.handed_version = *state_->version;
  }
  const bool has_it = subscriber.was_handed && subscriber.handed_hash == state_->hash;
  if (has_it && !subscriber.is_told_stale) return Handed::kHasIt;
  subscriber.is_told_stale = false;
  subscriber.was_handed = true;
  subscriber.handed_hash = state_->hash;
  deliveries_.Add(state_, subscriber.ref);
  return Handed::kYes;
}

}  // namespace entitysync::hub
