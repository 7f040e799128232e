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
  const std::optional<size_t> position = PositionOf(secret);
  return position.has_value() ? pairs_[*position].get() : nullptr;
}

Pair& WatchedKey::FindOrAdd(const fetch::Secret& secret) {
  if (Pair* pair = Find(*secret)) return *pair;
  std::optional<KeptStates::Kept> kept = context_.kept.Take(*key_, *secret);
  if (kept.has_value()) floor_ = std::max(FloorForNewPair(), kept->floor);
  pairs_.push_back(std::make_unique<Pair>(context_.coalescer, type_, target_, key_, secret,
                                          FloorForNewPair(), context_.deliveries,
                                          static_cast<Pair::Owner&>(*this)));
  if (kept.has_value()) pairs_.back()->Restore(std::move(kept->state), kept->until);
  const auto index = [this](size_t i) {
    positions_[*pairs_[i]->secret()] = static_cast<uint32_t>(i);
  };
  if (!positions_.empty()) {
    index(pairs_.size() - 1);
  } else if (pairs_.size() > kIndexFrom) {
    for (size_t i = 0; i < pairs_.size(); ++i) index(i);
  }
  return *pairs_.back();
}

void WatchedKey::RemoveIfEmpty(Pair& pair) {
  if (!pair.empty()) return;
  const std::optional<size_t> position = PositionOf(*pair.secret());
  assert(position.has_value());
  if (StatePtr state = pair.SettledState(); state != nullptr) {
    // What was kept before and not asked about since is kept no longer than it would have been.
    const base::TimePoint now = context_.coalescer.executor.Now();
    const base::TimePoint until = pair.kept_until().value_or(now + type_.keep_state);
    context_.kept.Put(key_, pair.secret(), {std::move(state), pair.floor(), until}, until - now);
  }
  const bool indexed = !positions_.empty();
  positions_.erase(*pair.secret());
  std::swap(pairs_[*position], pairs_.back());
  pairs_.pop_back();
  if (indexed && *position < pairs_.size()) {
    positions_[*pairs_[*position]->secret()] = static_cast<uint32_t>(*position);
  }
}

std::optional<size_t> WatchedKey::PositionOf(const std::string& secret) const {
  if (!positions_.empty()) {
    const auto it = positions_.find(secret);
    return it == positions_.end() ? std::nullopt : std::optional<size_t>(it->second);
  }
  const auto it = std::find_if(pairs_.begin(), pairs_.end(),
                               [&](const auto& pair) { return *pair->secret() == secret; });
  if (it == pairs_.end()) return std::nullopt;
  return static_cast<size_t>(it - pairs_.begin());
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
