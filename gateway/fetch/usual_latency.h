#pragma once

#include <algorithm>
#include <cstddef>

#include "gateway/base/time.h"

namespace entitysync::fetch {

// Knows how long calls to a target take of late, and which take far longer.
//
// Purpose: a question that is slow to answer holds up all that travel with it; who is seen in a
//   call that was slow for this target can be asked alone. What is slow for one target is usual for
//   another, so it is told by comparison.
// Owner and lifetime: a BatchQueue. Threading: none.
// Limits: from a slow call it learns no more than from one at the bound, so that a few do not make
//   it blind, and a target that is slower for good is usual after some calls. A call with more
//   items than usual may take as many times longer: applications may answer them one by one.
// Errors: none.
class UsualLatency {
 public:
  // Whether a call with so many items, at least one, that took so long was slow.
  bool IsSlow(base::Duration took, size_t items) const { return took > Bound(items); }

  void Learn(base::Duration took, size_t items) {
    usual_ += (std::min(took, Bound(items)) - usual_) / kWeight;
    items_ += (static_cast<double>(items) - items_) / kWeight;
  }

 private:
  static constexpr int kTimes = 4;
  static constexpr base::Duration kSlack = std::chrono::milliseconds(50);
  static constexpr int kWeight = 8;  // Of what is known, against one call.

  base::Duration Bound(size_t items) const {
    const double more = std::max(1.0, static_cast<double>(items) / items_);
    return std::chrono::duration_cast<base::Duration>(kTimes * usual_ * more) + kSlack;
  }

  base::Duration usual_{0};  // Of calls
  double items_ = 1;         // with so many items.
};

}  // namespace entitysync::fetch
