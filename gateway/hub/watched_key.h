#pragma once

#include <absl/strings/string_view.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/intrusive_list.h"
#include "gateway/base/position_index.h"
#include "gateway/fetch/entity_catalog.h"
#include "gateway/hub/pair.h"

namespace entitysync::hub {

class Audit;
class KeptStates;

// What all pairs of a shard are made with; owned by the shard.
struct PairContext {
  fetch::CoalescerContext& coalescer;
  DeliveryQueue& deliveries;
  KeptStates& kept;
  Audit& audit;
};

// The lists of an Audit that a key may be in.
struct AuditTurn;
struct AuditDifference;

// One key that somebody watches, with a pair for every scope it is watched in.
//
// Owner and lifetime: a shard, while anybody watches. Threading: the shard's loop.
// Limits: as many pairs as subscriptions at most.
// Order: pairs are walked in the order in which they were added; a removal moves the last to the
// gap.
class WatchedKey final : public base::ListHook<AuditTurn>,
                         public base::ListHook<AuditDifference>,
                         private Pair::Owner {
 public:
  WatchedKey(PairContext context, const fetch::EntityType& type, fetch::TargetAccess& target,
             base::KeyPtr key);

  // The pair of a scope; null if nobody watches in it.
  Pair* Find(const std::string& secret);
  // Makes it if need be, from what is kept of it if anything is.
  Pair& FindOrAdd(const fetch::Secret& secret);
  // Removes the pair if nobody is left in it, and keeps its state if the type wants that.
  void RemoveIfEmpty(Pair& pair);

  // A change of the key was heard.
  void OnChange(std::optional<uint64_t> version);

  // Asks about all its pairs; answers how many of them were not being asked about anyway.
  size_t Audit();
  base::TimePoint audit_difference_at;  // The Audit's.

  const std::vector<std::unique_ptr<Pair>>& pairs() const { return pairs_; }
  const fetch::FetchGate& gate() const { return target_.gate; }
  bool empty() const { return pairs_.empty(); }
  const base::KeyPtr& key() const { return key_; }

 private:
  struct SecretOf {
    absl::string_view operator()(const std::unique_ptr<Pair>& pair) const {
      return *pair->secret();
    }
  };

  void OnVersionsReset() override { floor_lowered_ = true; }
  void OnAuditDifference() override;
  uint64_t FloorForNewPair();

  const PairContext context_;
  const fetch::EntityType& type_;
  fetch::TargetAccess& target_;
  const base::KeyPtr key_;
  uint64_t floor_ = 0;          // The highest version notified while watched.
  bool floor_lowered_ = false;  // A pair's numbers started again since floor_ was taken.
  std::vector<std::unique_ptr<Pair>> pairs_;
  base::PositionIndex<std::unique_ptr<Pair>, SecretOf> positions_{pairs_};
};

}  // namespace entitysync::hub
