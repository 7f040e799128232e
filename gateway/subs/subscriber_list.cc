#include "gateway/subs/subscriber_list.h"

#include <algorithm>
#include <cassert>

namespace entitysync::subs {

Subscriber& SubscriberList::Add(const Subscriber& subscriber) {
  assert(!PositionOf(subscriber.ref.id).has_value());
  subscribers_.push_back(subscriber);
  if (!positions_.empty()) {
    positions_[subscriber.ref.id] = static_cast<uint32_t>(subscribers_.size() - 1);
  } else if (subscribers_.size() > kIndexFrom) {
    for (size_t i = 0; i < subscribers_.size(); ++i) {
      positions_[subscribers_[i].ref.id] = static_cast<uint32_t>(i);
    }
  }
  return subscribers_.back();
}

std::optional<Subscriber> SubscriberList::Remove(SubscriptionId id) {
  const std::optional<size_t> position = PositionOf(id);
  if (!position.has_value()) return std::nullopt;
  const Subscriber removed = subscribers_[*position];
  subscribers_[*position] = subscribers_.back();
  subscribers_.pop_back();
  if (!positions_.empty()) {
    positions_.erase(id);
    if (*position < subscribers_.size()) {
      positions_[subscribers_[*position].ref.id] = static_cast<uint32_t>(*position);
    }
  }
  return removed;
}

Subscriber* SubscriberList::Find(SubscriptionId id) {
  const std::optional<size_t> position = PositionOf(id);
  return position.has_value() ? &subscribers_[*position] : nullptr;
}

std::optional<size_t> SubscriberList::PositionOf(SubscriptionId id) const {
  if (!positions_.empty()) {
    const auto it = positions_.find(id);
    return it == positions_.end() ? std::nullopt : std::optional<size_t>(it->second);
  }
  const auto it = std::find_if(subscribers_.begin(), subscribers_.end(),
                               [&](const Subscriber& s) { return s.ref.id == id; });
  if (it == subscribers_.end()) return std::nullopt;
  return static_cast<size_t>(it - subscribers_.begin());
}

}  // namespace entitysync::subs
