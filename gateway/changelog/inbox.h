#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "gateway/base/mutex.h"
#include "gateway/changelog/submission.h"

namespace entitysync::changelog {

// What was published and waits for the changelog's loop.
//
// Purpose: gathers. To wake the loop costs many times what a change costs, so it is woken once for
//   all that waits, and not at all for what may wait while the loop is going to come by itself.
// Owner and lifetime: the ChangeLog. Threading: Add from any thread, Take on the loop.
// Limits: the ChangeLog's max_waiting_bytes. Errors: none.
class Inbox {
 public:
  // True: the loop has to be told to take it. `may_wait`: not if it comes by itself soon.
  [[nodiscard]] bool Add(Submission submission, bool may_wait) {
    const base::MutexLock lock(mutex_);
    waiting_.push_back(std::move(submission));
    has_patient_ = has_patient_ || may_wait;
    if (coming_ == Coming::kNow || (coming_ == Coming::kSoon && may_wait)) return false;
    coming_ = Coming::kNow;
    return true;
  }

  struct Taken {
    std::vector<Submission> submissions;
    bool has_patient = false;  // Some of them might have waited.
  };
  // All that waits. `is_coming_again`: the loop takes again soon without being told to. So it does
  // if what it took has patient ones, provided that it `may_gather`.
  Taken Take(bool is_coming_again, bool may_gather) {
    const base::MutexLock lock(mutex_);
    Taken taken{.submissions = std::exchange(waiting_, {}),
                .has_patient = std::exchange(has_patient_, false) && may_gather};
    coming_ = is_coming_again || taken.has_patient ? Coming::kSoon : Coming::kNot;
    return taken;
  }

 private:
  enum class Coming : uint8_t { kNot, kSoon, kNow };

  base::Mutex mutex_;
  std::vector<Submission> waiting_ ENTITYSYNC_GUARDED_BY(mutex_);
  bool has_patient_ ENTITYSYNC_GUARDED_BY(mutex_) = false;
  Coming coming_ ENTITYSYNC_GUARDED_BY(mutex_) = Coming::kNot;
};

}  // namespace entitysync::changelog
