#pragma once

#include <memory>
#include <optional>

#include "gateway/fetch/coalescer.h"
#include "gateway/hub/delivery_queue.h"
#include "gateway/hub/state.h"
#include "gateway/metrics/metrics.h"
#include "gateway/subs/subscriber_list.h"

namespace entitysync::hub {

// One watched (key, scope): who watches it, its present state, and the fetching of the next.
//
// Purpose: a state goes to every subscription that was not handed the same content last, and never
//   to one that was handed a newer version. Those of v1 are also told that they may not watch, and
//   that the application cannot be asked; after that they are handed the state again, even the
//   same.
// Owner and lifetime: a WatchedKey, while anybody watches; destroying it cancels the fetch.
// Threading: the shard's loop.
// Limits: one state; one fetch in flight.
class Pair final : fetch::OutcomeListener {
 public:
  // Whose pair it is; outlives it.
  class Owner {
   public:
    virtual ~Owner() = default;
    // The numbers of this pair start again: the floor may be lower than before.
    virtual void OnVersionsReset() = 0;
    // An audit found another state than the one before.
    virtual void OnAuditDifference() = 0;
  };

  Pair(fetch::CoalescerContext& context, const fetch::EntityType& type, fetch::TargetAccess& target,
       base::KeyPtr key, fetch::Secret secret, uint64_t floor, DeliveryQueue& deliveries,
       Owner& owner);
  ~Pair() override;

  // Goes on with a state that was kept since the pair was last watched, and would have been until
  // then.
  void Restore(StatePtr state, base::TimePoint until);

  // Adds a watcher. `wants_state`: it gets the present state, fetched if need be.
  void Add(const subs::Subscriber& subscriber, bool wants_state);
  std::optional<subs::Subscriber> Remove(subs::SubscriptionId id) {
    return subscribers_.Remove(id);
  }

  // A watcher lost what it was handed last: it gets the present state again.
  void Refresh(subs::SubscriptionId id);

  void WantPatches() { wants_patches_ = true; }  // From the states before, which stay at hand.
  bool wants_patches() const { return wants_patches_; }

  void OnChange(std::optional<uint64_t> version);
  void Revalidate() { coalescer_.Revalidate(); }
  // False: it is being asked anyway.
  bool Audit() { return coalescer_.Audit(); }

  // The present state if it is known to be true; null if not, or if there is none.
  StatePtr SettledState() const { return coalescer_.IsSettled() ? state_ : nullptr; }

  // Until when the state was kept, if the application was not asked since.
  std::optional<base::TimePoint> kept_until() const { return kept_until_; }

  // Whether its watchers may lack a state that another fetch would bring.
  bool IsDirty() const { return coalescer_.IsDirty() || coalescer_.MayHaveMissed(); }
  // The application's last word was that this viewer may not see the entity.
  bool IsDenied() const { return denial_ != nullptr; }
  bool empty() const { return subscribers_.empty(); }
  size_t watchers() const { return subscribers_.size(); }
  uint64_t floor() const { return coalescer_.floor(); }
  const fetch::Secret& secret() const { return secret_; }

 private:
  void OnOutcome(fetch::Judged judged) override;
  void OnUnanswered() override;
  StatePtr Encode(fetch::Outcome outcome, const fetch::FetchAnswer& answer);
  // The v1 form of a state, which follows the present one.
  protocol::V1StatePtr EncodeV1(const State& state) const;
  void AddV1();
  void Tell(subs::Subscriber& subscriber, const StatePtr& notice);
  void TellAll(const StatePtr& notice);
  void HandToAll(bool versions_reset);
  enum class Handed : uint8_t { kYes, kHasIt, kHasNewer };
  Handed HandTo(subs::Subscriber& subscriber);
  void GiveState(subs::Subscriber& subscriber);

  const base::KeyPtr key_;
  const fetch::Secret secret_;
  metrics::HubMetrics& metrics_;
  DeliveryQueue& deliveries_;
  subs::SubscriberList subscribers_;
  StatePtr state_;  // Null: none fetched yet, or none that this viewer may see.
  std::optional<base::TimePoint> kept_until_;
  StatePtr denial_;  // What v1 subscriptions are told while the last answer was one; else null.
  bool is_stale_ = false;       // The last question was not answered.
  bool has_v1_ = false;         // Somebody of v1 watches, or did.
  bool wants_patches_ = false;  // Or wanted.
  bool has_waiting_ = false;    // Somebody watches who was to get the state after the next change.
  Owner& owner_;
  fetch::Coalescer coalescer_;
};

}  // namespace entitysync::hub
