#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "gateway/base/time.h"

namespace entitysync::fetch {

// Judges the answers for one (key, scope) by the application's version numbers.
//
// Purpose: an answer older than what was notified (a lagging read replica) or delivered never
//   counts as the last word, and never reaches a client that has something newer, unless the
//   application insists long enough that its numbers really started again. NOT_FOUND is such an
//   answer too while a change is outstanding: see docs/adr/0007.
// Owner and lifetime: a Coalescer. Threading: none.
// Limits: one fetch at a time: each answer is to a fetch that began after the answer before.
// Errors: none. Answers without a version satisfy any floor: then the order of fetches decides.
class VersionTracker {
 public:
  struct Options {
    // The application wins when all its answers stayed below the floor for this long ...
    base::Duration reset_after = std::chrono::seconds(10);
    // ... and were at least so many.
    uint32_t reset_answers = 5;
  };

  enum class Verdict : uint8_t {
    kFinal,      // Deliver; nothing more to fetch.
    kOvertaken,  // All that was notified when the fetch began, not all that was since: deliver, ask
                 // again at once.
    kBelowFloor,  // Newer than what was delivered, older than what was notified: deliver, ask
                  // again.
    kStale,       // Older than what was delivered: do not deliver, ask again.
    kReset,       // The application insists: deliver, forget the old numbers.
  };

  VersionTracker(Options options, uint64_t floor)
      : options_(options), floor_(floor), asked_floor_(floor) {}

  // A change with this version was notified.
  void RaiseFloor(uint64_t version);

  // A fetch begins.
  void OnFetch();

  // Whether the last good answer is of this version or a later one.
  bool Covers(uint64_t version) const { return delivered_ && *delivered_ >= version; }

  // Whether a later version was notified or delivered: this one is late, or the numbers started
  // again.
  bool IsLow(uint64_t version) const { return version < std::max(floor_, delivered_.value_or(0)); }

  // Judges an answer with rows and notes it as delivered if the verdict says so.
  Verdict Judge(std::optional<uint64_t> version, base::TimePoint now);

  // Judges the answer that the entity does not exist: kFinal, kBelowFloor or kReset. After kFinal
  // and kReset the numbers may start again.
  Verdict JudgeNotFound(base::TimePoint now);

  // Goes on where another tracker ended: this version (or a state without one) was delivered.
  void Restore(std::optional<uint64_t> version) { delivered_ = version; }

  // The highest version notified since the numbers last started; 0: none.
  uint64_t floor() const { return floor_; }

 private:
  void Accept(std::optional<uint64_t> version);
  // Counts an answer that is not believed. True: the application has insisted long enough.
  bool Insists(base::TimePoint now);
  void StartAgain();

  const Options options_;
  uint64_t floor_;
  uint64_t asked_floor_;               // The floor when the last fetch began.
  uint64_t notified_since_fetch_ = 0;  // The highest version notified since then; 0: none.
  std::optional<uint64_t> delivered_;
  bool removed_since_ = false;  // A NOT_FOUND that is not believed yet came after `delivered_`.
  uint32_t low_answers_ = 0;
  base::TimePoint first_low_answer_;
};

}  // namespace entitysync::fetch
