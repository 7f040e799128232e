#include "gateway/fetch/version_tracker.h"

#include <algorithm>

namespace entitysync::fetch {

void VersionTracker::RaiseFloor(uint64_t version) {
  if (version <= floor_) return;
  floor_ = version;
  // A replica that lags behind a floor that keeps rising is late, not reset.
  low_answers_ = 0;
}

VersionTracker::Verdict VersionTracker::Judge(std::optional<uint64_t> version,
                                              base::TimePoint now) {
  if (!version.has_value()) {
    low_answers_ = 0;
    return Verdict::kFinal;
  }
  const uint64_t wanted = std::max(floor_, delivered_.value_or(0));
  if (*version >= wanted) {
    low_answers_ = 0;
    delivered_ = version;
    return Verdict::kFinal;
  }
  if (low_answers_++ == 0) first_low_answer_ = now;
  if (low_answers_ >= options_.reset_answers && now - first_low_answer_ >= options_.reset_after) {
    low_answers_ = 0;
    floor_ = *version;
    delivered_ = version;
    return Verdict::kReset;
  }
  if (delivered_.has_value() && *version < *delivered_) return Verdict::kStale;
  delivered_ = version;
  return Verdict::kBelowFloor;
}

void VersionTracker::OnNotFound(bool saw_all_changes) {
  low_answers_ = 0;
  delivered_.reset();
  if (saw_all_changes) floor_ = 0;
}

}  // namespace entitysync::fetch
