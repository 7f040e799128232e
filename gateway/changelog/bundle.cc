#include "gateway/changelog/bundle.h"

#include <algorithm>
#include <utility>

namespace entitysync::changelog {

Bundle::Bundle(std::vector<Message> messages_of_all, std::vector<Call> calls)
    : messages(std::move(messages_of_all)), calls_(std::move(calls)) {
  const auto is_earlier = [](const Call& a, const Call& b) { return a.deadline < b.deadline; };
  // Mostly they have the same time and are in order already.
  if (!std::is_sorted(calls_.begin(), calls_.end(), is_earlier)) {
    std::stable_sort(calls_.begin(), calls_.end(), is_earlier);
  }
}

bool Bundle::EndOverdue(base::TimePoint now) {
  while (ended_ < calls_.size() && calls_[ended_].deadline <= now) {
    calls_[ended_++].done(absl::UnavailableError(
        "the bus did not confirm the changes in time; they were perhaps heard: retry"));
  }
  return ended_ == calls_.size();
}

void Bundle::EndAll(const absl::Status& status) {
  // From the last to the first: a stream counts what it acknowledges, and has the news at the end.
  for (size_t i = calls_.size(); i > ended_; --i) calls_[i - 1].done(status);
  ended_ = calls_.size();
}

}  // namespace entitysync::changelog
