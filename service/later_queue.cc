#include "service/later_queue.h"

#include <algorithm>
#include <utility>

namespace entitysync::service {

bool LaterQueue::Less::Before(const Change& a, const Change& b) {
  const auto order = a.key <=> b.key;
  if (order != 0) return order < 0;
  return a.version.has_value() < b.version.has_value();
}

bool LaterQueue::Merge(const Change& change) {
  const auto found = index_.find(change);
  if (found == index_.end()) return false;
  std::optional<uint64_t>& version = (*found)->change.version;
  if (version) version = std::max(*version, *change.version);
  return true;
}

void LaterQueue::Append(Change change) {
  order_.push_back({std::move(change), ++last_});
  index_.insert(std::prev(order_.end()));
}

LaterQueue::Batch LaterQueue::Take(size_t max_changes) {
  Batch batch;
  while (!order_.empty() && batch.changes.size() < max_changes) {
    index_.erase(order_.begin());
    batch.changes.push_back(std::move(order_.front().change));
    batch.last = order_.front().number;
    order_.pop_front();
  }
  return batch;
}

}  // namespace entitysync::service
