#include "gateway/fetch/version_tracker.h"

#include <algorithm>

namespace entitysync::fetch {

void VersionTracker::RaiseFloor(uint64_t version) {
  notified_since_fetch_ = std::max(notified_since_fetch_, version);
  if (version <= floor_) return;
  floor_ = version;
  // A replica that lags behind a floor that keeps rising is late, not reset.
  low_answers_ = 0;
}

void VersionTracker::OnFetch() {
  asked_floor_ = floor_;
  notified_since_fetch_ = 0;
}

VersionTracker::Verdict VersionTracker::Judge(std::optional<uint64_t> version,
                                              base::TimePoint now) {
  if (!version.has_value()) {
    low_answers_ = 0;
    removed_since_ = false;
    return Verdict::kFinal;
  }
  if (*version >= std::max(floor_, delivered_.value_or(0))) {
    Accept(version);
    return Verdict::kFinal;
  }
  // After a removal the version from before it is old as well.
  const bool stale = delivered_.has_value() &&
                     (*version < *delivered_ || (removed_since_ && *version == *delivered_));
  if (!stale && *version >= asked_floor_) {
    Accept(version);
    return Verdict::kOvertaken;
  }
  if (Insists(now)) {
    floor_ = std::max(*version, notified_since_fetch_);
    Accept(version);
    return Verdict::kReset;
  }
  if (stale) return Verdict::kStale;
  delivered_ = version;
  removed_since_ = false;
  return Verdict::kBelowFloor;
}

VersionTracker::Verdict VersionTracker::JudgeNotFound(base::TimePoint now) {
  if (asked_floor_ <= delivered_.value_or(0)) {
    StartAgain();
    return Verdict::kFinal;
  }
  if (Insists(now)) {
    StartAgain();
    return Verdict::kReset;
  }
  removed_since_ = true;
  return Verdict::kBelowFloor;
}

void VersionTracker::Accept(std::optional<uint64_t> version) {
  delivered_ = version;
  removed_since_ = false;
  low_answers_ = 0;
}

bool VersionTracker::Insists(base::TimePoint now) {
  if (low_answers_++ == 0) first_low_answer_ = now;
  return low_answers_ >= options_.reset_answers && now - first_low_answer_ >= options_.reset_after;
}

void VersionTracker::StartAgain() {
  Accept(std::nullopt);
  floor_ = notified_since_fetch_;
}

}  // namespace entitysync::fetch
