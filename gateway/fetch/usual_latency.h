#pragma once

#include <algorithm>

#include "gateway/base/time.h"

namespace entitysync::fetch {

// Knows how long calls to a target take of late, and which take far longer.
//
// Purpose: a question that is slow to answer holds up all that travel with it; who is seen in a
//   call that was slow for this target can be asked alone. What is slow for one target is usual for
//   another, so it is told by comparison.
// Owner and lifetime: a BatchQueue. Threading: none.
// Limits: from a slow call it learns no more than from one at the bound, so that a few do not make
//   it blind, and a target that is slower for good is usual after some calls.
// Errors: none.
class UsualLatency {
 public:
  // Whether a call that took so long was slow.
  bool IsSlow(base::Duration took) const { return took > Bound(); }

  void Learn(base::Duration took) { usual_ += (std::min(took, Bound()) - usual_) / kWeight; }

 private:
  static constexpr int kTimes = 4;
  static constexpr base::Duration kSlack = std::chrono::milliseconds(50);
  static constexpr int kWeight = 8;  // Of what is known, against one call.

  base::Duration Bound() const { return kTimes * usual_ + kSlack; }

  base::Duration usual_{0};
};

}  // namespace entitysync::fetch
