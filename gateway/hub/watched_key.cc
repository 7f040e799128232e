#include "gateway/hub/watched_key.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "gateway/hub/audit.h"
#include "gateway/hub/kept_states.h"

namespace entitysync::hub {

WatchedKey::WatchedKey(PairContext context, const fetch::EntityType& type,
                       fetch::TargetAccess& target, base::KeyPtr key)
    : context_(context), type_(type), target_(target), key_(std::move(key)) {}

Pair* WatchedKey::Find(const std::string& secret) {
  const std::optional<uint32_t> position = positions_.Find(secret);
  return position.has_value() ? pairs_[*position].get() : nullptr;
}

Pair& WatchedKey::FindOrAdd(const fetch::Secret& secret) {
  if (Pair* pair = Find(*secret)) return *pair;
  std::optional<KeptStates::Kept> kept = context_.kept.Take(*key_, *secret);
  if (kept.has_value()) floor_ = std::max(FloorForNewPair(), kept->floor);
  pairs_.push_back(std::make_unique<Pair>(context_.coalescer, type_, target_, key_, secret,
                                          FloorForNewPair(), context_.deliveries,
                                          static_cast<Pair::Owner&>(*this)));
  positions_.Add(pairs_.size() - 1);
  if (kept.has_value()) pairs_.back()->Restore(std::move(kept->state), kept->until);
  return *pairs_.back();
}

void WatchedKey::RemoveIfEmpty(Pair& pair) {
  if (!pair.empty()) return;
  const std::optional<uint32_t> position = positions_.Find(*pair.secret());
  assert(position.has_value());
  if (StatePtr state = pair.SettledState(); state != nullptr) {
    // What was kept before and not asked about since is kept no longer than it would have been.
    const base::TimePoint now = context_.coalescer.executor.Now();
    const base::TimePoint until = pair.kept_until().value_or(now + type_.keep_state);
    // What patches lead from serves nobody who comes later.
    if (state->v1 != nullptr) state = ClassicCopyOf(*state);
    context_.kept.Put(key_, pair.secret(), {std::move(state), pair.floor(), until}, until - now);
  }
  const size_t last = pairs_.size() - 1;
  positions_.Remove(*position);
  if (*position != last) {
    positions_.Remove(last);
    std::swap(pairs_[*position], pairs_[last]);
    positions_.Add(*position);
  }
  pairs_.pop_back();
}

void WatchedKey::OnChange(std::optional<uint64_t> version) {
  // What an audit found needs no other explanation.
  base::ListHook<AuditDifference>::Unlink();
  floor_ = std::max(floor_, version.value_or(0));
  for (const auto& pair : pairs_) pair->OnChange(version);
}

size_t WatchedKey::Audit() {
  size_t asked = 0;
  for (const auto& pair : pairs_) asked += pair->Audit() ? 1 : 0;
  return asked;
}

void WatchedKey::OnAuditDifference() { context_.audit.OnDifference(*this); }

uint64_t WatchedKey::FloorForNewPair() {
  // Where a pair's numbers started again, the highest number ever notified says nothing any more:
  // the highest that still counts for some pair does.
  if (std::exchange(floor_lowered_, false)) {
    floor_ = 0;
    for (const auto& pair : pairs_) floor_ = std::max(floor_, pair->floor());
  }
  return floor_;
}

}  // namespace entitysync::hub
