#include "gateway/subs/subscriber_list.h"

#include <cassert>

namespace entitysync::subs {

Subscriber& SubscriberList::Add(const Subscriber& subscriber) {
  assert(!positions_.Find(subscriber.ref.id).has_value());
  subscribers_.push_back(subscriber);
  positions_.Add(subscribers_.size() - 1);
  return subscribers_.back();
}

std::optional<Subscriber> SubscriberList::Remove(SubscriptionId id) {
  const std::optional<uint32_t> position = positions_.Find(id);
  if (!position.has_value()) return std::nullopt;
  const Subscriber removed = subscribers_[*position];
  const size_t last = subscribers_.size() - 1;
  positions_.Remove(*position);
  if (*position != last) {
    positions_.Remove(last);
    subscribers_[*position] = subscribers_[last];
    positions_.Add(*position);
  }
  subscribers_.pop_back();
  return removed;
}

Subscriber* SubscriberList::Find(SubscriptionId id) {
  const std::optional<uint32_t> position = positions_.Find(id);
  return position.has_value() ? &subscribers_[*position] : nullptr;
}

}  // namespace entitysync::subs
