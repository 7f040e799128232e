#include "gateway/front/stream_ledger.h"

#include <algorithm>
#include <utility>

namespace entitysync::front {

StreamLedger::Ticket StreamLedger::Add(uint64_t sequence, size_t changes) {
  last_sequence_ = sequence;
  held_ += WeightOf(changes);
  requests_.push_back({.sequence = sequence, .changes = changes, .is_settled = false});
  return first_ + requests_.size() - 1;
}

size_t StreamLedger::Settle(Ticket ticket, const absl::Status& status) {
  Request& request = requests_[ticket - first_];
  const size_t changes = request.changes;
  request.is_settled = true;
  if (!status.ok()) {
    failures_.push_back({.sequence = request.sequence, .status = status});
    held_ += WeightOf(failures_.back());
  }
  for (; !requests_.empty() && requests_.front().is_settled; requests_.pop_front(), ++first_) {
    acknowledged_ = requests_.front().sequence;
    untold_ += WeightOf(requests_.front().changes);
  }
  return changes;
}

v1::NotifyChangesResponse StreamLedger::TakeNews() {
  v1::NotifyChangesResponse response;
  size_t bytes = 0;
  while (!failures_.empty() && response.failures_size() < static_cast<int>(kMaxFailuresTold) &&
         bytes < kMaxFailureBytesTold) {
    const Failure& failure = failures_.front();
    v1::NotifyChangesFailure& told = *response.add_failures();
    const absl::string_view message = failure.status.message();
    told.set_sequence(failure.sequence);
    told.set_code(static_cast<int>(failure.status.code()));
    told.set_message(message.data(), message.size());
    bytes += message.size();
    telling_ += WeightOf(failure);
    failures_.pop_front();
  }
  // A failure is told no later than what acknowledges its request.
  if (failures_.empty()) {
    told_ = acknowledged_;
    telling_ += std::exchange(untold_, 0);
  }
  response.set_acknowledged(told_);
  return response;
}

void StreamLedger::Told() { held_ -= std::exchange(telling_, 0); }

size_t StreamLedger::WeightOf(size_t changes) { return std::max<size_t>(changes, 1); }

size_t StreamLedger::WeightOf(const Failure& failure) {
  return 1 + failure.status.message().size() / kBytesPerChange;
}

}  // namespace entitysync::front
