#include "gateway/changelog/gap_tracker.h"

#include <algorithm>
#include <utility>

namespace entitysync::changelog {

GapTracker::Lookup GapTracker::FindOrAdd(const Origin& origin, base::TimePoint now) {
  bool flooded = false;
  auto it = publishers_.find(origin);
  const bool is_new = it == publishers_.end();
  if (is_new) {
    flooded = publishers_.size() >= kMaxPublishers;
    if (flooded) publishers_.clear();
    it = publishers_.emplace(origin, Publisher()).first;
  }
  it->second.last_sign = now;
  it->second.silent = false;
  return {it->second, is_new, flooded};
}

bool GapTracker::OnBatch(const Origin& origin, uint64_t number, base::TimePoint now) {
  const auto [publisher, is_new, flooded] = FindOrAdd(origin, now);
  const bool expected =
      number <= publisher.heard + 1 || (is_new && CountLater(origin, number - 1, now));
  publisher.heard = std::max(publisher.heard, number);
  return flooded || !expected;
}

bool GapTracker::OnHeartbeat(const Origin& origin, uint64_t last_number, base::TimePoint now) {
  const auto [publisher, is_new, flooded] = FindOrAdd(origin, now);
  if (is_new && CountLater(origin, last_number, now)) publisher.heard = last_number;
  const bool lost = publisher.owed > publisher.heard;
  publisher.heard = std::max(publisher.heard, publisher.owed);
  publisher.owed = last_number > publisher.heard ? last_number : 0;
  return flooded || lost;
}

bool GapTracker::OnGoodbye(const Origin& origin, uint64_t last_number, base::TimePoint now) {
  const auto it = publishers_.find(origin);
  if (it == publishers_.end()) return last_number > 0 && !CountLater(origin, last_number, now);
  const bool lost = last_number > it->second.heard;
  publishers_.erase(it);
  return lost;
}

bool GapTracker::OnTick(base::TimePoint now) {
  bool gap = now - listening_since_ > Patience() && std::exchange(missed_by_newcomer_, false);
  for (auto it = publishers_.begin(); it != publishers_.end();) {
    const base::Duration silence = now - it->second.last_sign;
    if (!it->second.silent && silence > Patience()) {
      it->second.silent = true;
      gap = true;
    }
    it = silence > kForgetAfter ? publishers_.erase(it) : std::next(it);
  }
  return gap;
}

void GapTracker::OnBusBack(base::TimePoint now) {
  listening_since_ = now;
  for (auto& [origin, publisher] : publishers_) publisher.last_sign = now;
}

bool GapTracker::CountLater(const Origin& origin, uint64_t unheard, base::TimePoint now) {
  const bool is_later = origin.epoch < start_epoch_ && now - listening_since_ <= Patience();
  missed_by_newcomer_ = missed_by_newcomer_ || (is_later && unheard > 0);
  return is_later;
}

}  // namespace entitysync::changelog
