#include "gateway/hub/pair.h"

#include <algorithm>
#include <utility>

#include "gateway/protocol/classic.h"

namespace entitysync::hub {
namespace {

// Stands for "does not exist"; no rows hash to it but by a chance of 2^-128.
constexpr base::ContentHash kRemovedHash{};

}  // namespace

Pair::Pair(fetch::CoalescerContext& context, const fetch::EntityType& type,
           fetch::TargetAccess& target, base::KeyPtr key, fetch::Secret secret, uint64_t floor,
           DeliveryQueue& deliveries, Owner& owner)
    : secret_(std::move(secret)),
      metrics_(context.metrics),
      deliveries_(deliveries),
      owner_(owner),
      coalescer_(context, type, target, std::move(key), secret_, floor,
                 static_cast<Listener&>(*this)) {
  metrics_.watched_pairs.Increment();
}

Pair::~Pair() { metrics_.watched_pairs.Decrement(); }

void Pair::Add(const subs::Subscriber& subscriber, bool wants_state) {
  subs::Subscriber& added = subscribers_.Add(subscriber);
  if (wants_state) return GiveState(added);
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
  GiveState(*subscriber);
}

void Pair::Restore(StatePtr state, base::TimePoint until) {
  kept_until_ = until;
  const auto outcome = state->removed ? fetch::Outcome::kRemoved : fetch::Outcome::kRows;
  coalescer_.Restore(outcome, state->version);
  state_ = std::move(state);
}

void Pair::GiveState(subs::Subscriber& subscriber) {
  const bool settled = coalescer_.IsSettled();
  if (settled && state_ == nullptr) return;  // Denied.
  // While a read replica lags, a newcomer gets what the others have; more is being asked for.
  if (state_ == nullptr || !(settled || coalescer_.IsLagging())) return coalescer_.Need();
  const Handed handed = HandTo(subscriber);
  if (handed == Handed::kYes) metrics_.deliveries.Increment();
  if (handed == Handed::kHasNewer) coalescer_.Expect(subscriber.handed_version);
}

void Pair::OnOutcome(fetch::Judged judged) {
  kept_until_.reset();
  if (judged.versions_reset) owner_.OnVersionsReset();
  is_denied_ = judged.outcome == fetch::Outcome::kDenied;
  const StatePtr before =
      std::exchange(state_, is_denied_ ? nullptr : Encode(judged.outcome, judged.answer));
  const bool same = before == nullptr ? is_denied_ : !is_denied_ && before->hash == state_->hash;
  if (judged.is_unexplained && !same) owner_.OnAuditDifference();
  if (!is_denied_) HandToAll(judged.versions_reset);
}

StatePtr Pair::Encode(fetch::Outcome outcome, const fetch::FetchAnswer& answer) {
  auto state = std::make_shared<State>();
  state->removed = outcome == fetch::Outcome::kRemoved;
  state->hash = state->removed ? kRemovedHash : base::HashRows(answer.rows);
  state->version = answer.version;
  if (state_ != nullptr && state_->hash == state->hash) {
    state->classic = state_->classic;
    state->deflated.ShareWith(state_->deflated);
    return state;
  }
  protocol::ClassicState encoded = protocol::EncodeClassic(answer.rows);
  state->classic = std::move(encoded.frame);
  metrics_.states_encoded.Increment();
  metrics::Add(metrics_.rows_not_utf8, encoded.rows_not_utf8);
  return state;
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
  if (subscriber.was_handed && subscriber.handed_hash == state_->hash) {
    return Handed::kHasIt;
  }
  subscriber.was_handed = true;
  subscriber.handed_hash = state_->hash;
  deliveries_.Add(state_, subscriber.ref);
  return Handed::kYes;
}

}  // namespace entitysync::hub
