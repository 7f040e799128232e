#pragma once

#include <cstdint>
#include <optional>

#include "gateway/base/time.h"

namespace entitysync::fetch {

// Judges the answers for one (key, scope) by the application's version numbers.
//
// Purpose: an answer older than what was notified (a lagging read replica) or delivered never
//   counts as the last word, and never reaches a client that has something newer, unless the
//   application insists long enough that its numbers really started again.
// Owner and lifetime: a Coalescer. Threading: none.
// Answers without a version satisfy any floor: then the order of fetches decides.
class VersionTracker {
 public:
  struct Options {
    // The application wins when all its answers stayed below the floor for this long ...
    base::Duration reset_after = std::chrono::seconds(10);
    // ... and were at least so many.
    uint32_t reset_answers = 5;
  };

  enum class Verdict : uint8_t {
    kFinal,       // Deliver; nothing more to fetch.
    kBelowFloor,  // Newer than what was delivered, older than what was notified: deliver, ask
                  // again.
    kStale,       // Older than what was delivered: do not deliver, ask again.
    kReset,       // The application started its numbers again: deliver, forget the old ones.
  };

  VersionTracker(Options options, uint64_t floor) : options_(options), floor_(floor) {}

  // A change with this version was notified.
  void RaiseFloor(uint64_t version);

  // Whether the last good answer is of this version or a later one.
  bool Covers(uint64_t version) const { return delivered_ && *delivered_ >= version; }

  // Judges an answer with rows and notes it as delivered if the verdict says so.
  Verdict Judge(std::optional<uint64_t> version, base::TimePoint now);

  // The entity does not exist (any more): what comes after it may start its numbers again.
  // `saw_all_changes`: no change was notified since that fetch started.
  void OnNotFound(bool saw_all_changes);

  // The highest version notified since the numbers last started; 0: none.
  uint64_t floor() const { return floor_; }

 private:
  const Options options_;
  uint64_t floor_;
  std::optional<uint64_t> delivered_;
  uint32_t low_answers_ = 0;
  base::TimePoint first_low_answer_;
};

}  // namespace entitysync::fetch
