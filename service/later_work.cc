#include "service/later_work.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace entitysync::service {

LaterWork::Taken LaterWork::Add(Change change, size_t max_size) {
  if (queue_.Merge(change)) return Taken::kMerged;
  if (size() >= max_size) return Taken::kNoRoom;
  queue_.Append(std::move(change));
  return Taken::kQueued;
}

Part LaterWork::Take(size_t max_changes, Clock::time_point give_up) {
  if (!returned_.empty()) {
    Part part = std::move(returned_.front());
    returned_.pop_front();
    taken_ -= part.changes.size();
    return part;
  }
  LaterQueue::Batch batch = queue_.Take(max_changes);
  taken_up_to_ = batch.last;
  Part part;
  part.first = batch.last + 1 - batch.changes.size();
  part.changes = std::move(batch.changes);
  part.give_up = give_up;
  part.last_status = absl::UnavailableError("not sent");
  return part;
}

const Part& LaterWork::SetUnderWay(uint64_t sequence, Part part, Clock::time_point now) {
  taken_ += part.changes.size();
  under_way_changes_ += part.changes.size();
  return under_way_.emplace(sequence, UnderWay{std::move(part), now}).first->second.part;
}

std::optional<Part> LaterWork::TakeFailed(uint64_t sequence) {
  const auto it = under_way_.find(sequence);
  if (it == under_way_.end()) return std::nullopt;
  Part part = std::move(it->second.part);
  under_way_.erase(it);
  taken_ -= part.changes.size();
  under_way_changes_ -= part.changes.size();
  return part;
}

size_t LaterWork::Acknowledge(uint64_t acknowledged) {
  size_t changes = 0;
  while (!under_way_.empty() && under_way_.begin()->first <= acknowledged) {
    changes += under_way_.begin()->second.part.changes.size();
    under_way_.erase(under_way_.begin());
  }
  taken_ -= changes;
  under_way_changes_ -= changes;
  return changes;
}

void LaterWork::Return(std::vector<Part> parts) {
  for (const Part& part : parts) taken_ += part.changes.size();
  returned_.insert(returned_.begin(), std::make_move_iterator(parts.begin()),
                   std::make_move_iterator(parts.end()));
}

void LaterWork::ReturnAll(bool are_retries, const absl::Status& status) {
  std::vector<Part> parts;
  for (auto& [sequence, under_way] : under_way_) {
    parts.push_back(std::move(under_way.part));
    parts.back().is_retry = parts.back().is_retry || are_retries;
    parts.back().last_status = status;
  }
  taken_ -= under_way_changes_;
  under_way_changes_ = 0;
  under_way_.clear();
  Return(std::move(parts));
}

std::vector<Part> LaterWork::TakeAll() {
  ReturnAll(false, absl::UnavailableError("the notifier was stopped"));
  std::vector<Part> parts(std::make_move_iterator(returned_.begin()),
                          std::make_move_iterator(returned_.end()));
  returned_.clear();
  taken_ = 0;
  if (queue_.size() > 0) parts.push_back(Take(queue_.size(), {}));
  return parts;
}

std::optional<LaterWork::Clock::time_point> LaterWork::OldestUnderWay() const {
  if (under_way_.empty()) return std::nullopt;
  return under_way_.begin()->second.sent;
}

uint64_t LaterWork::settled_up_to() const {
  uint64_t settled = taken_up_to_;
  for (const Part& part : returned_) settled = std::min(settled, part.first - 1);
  for (const auto& [sequence, each] : under_way_) settled = std::min(settled, each.part.first - 1);
  return settled;
}

}  // namespace entitysync::service
