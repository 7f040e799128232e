#pragma once

#include <cstdint>

#include "gateway/base/intrusive_list.h"
#include "gateway/base/time.h"

namespace entitysync::fetch {

// Notices that a target answers again after it was away, and wakes those whose fetches failed.
//
// Purpose: backoff is for the application's sake and grows to many seconds; when the application is
//   back nobody should go on sleeping. While it is away one of the sleepers asks more often than
//   its backoff says (the prober), whatever the others do.
// Owner and lifetime: a shard, one per target; outlives the sleepers.
// Threading: the shard's loop.
// Limits: the sleepers are woken all at once; the FetchGate paces what they do then.
// Errors: none. Keys that fail by themselves while others are answered are no outage, however many:
//   nobody is woken.
class Recovery {
 public:
  // So many failures without an answer between them are an outage, if the last answer is so long
  // ago.
  static constexpr uint32_t kDownAfter = 3;
  static constexpr base::Duration kDownFor = std::chrono::seconds(1);

  // Someone whose fetch failed and who waits to try again; asleep at most once.
  class Sleeper : public base::ListHook<Recovery> {
   public:
    virtual ~Sleeper() = default;
    // Do not wait any longer. It sleeps no more.
    virtual void OnWoken() = 0;
  };

  // A fetch of the target ended: the application answered, or it failed. An answer to what began
  // before the failures since the last answer did is late, and says nothing of the target now.
  void OnAnswer(base::TimePoint started, base::TimePoint now);
  void OnFailure(base::TimePoint started) {
    if (failures_++ == 0) first_failed_ = started;
  }

  // Begins to sleep. True: it is the prober, and is to try again soon.
  bool Sleep(Sleeper& sleeper);

  // Tries again by itself.
  void Rise(Sleeper& sleeper) { static_cast<base::ListHook<Recovery>&>(sleeper).Unlink(); }

  // Is gone, asleep or not.
  void Forget(Sleeper& sleeper);

  // How many outages ended. What fails in the end although it began before the last of them says
  // nothing of the target now.
  uint32_t recoveries() const { return recoveries_; }

  // Whether the target answered again since then, after a silence of kDownFor or longer. Calls that
  // hang are no failures yet, so such a silence may have been an outage that nobody noticed: what
  // began before its end and fails now says nothing of the target either.
  bool HasAnsweredAgainSince(base::TimePoint began) const { return began < heard_again_; }

 private:
  bool IsDown(base::TimePoint now) const;

  base::IntrusiveList<Sleeper, Recovery> sleepers_;  // Longest asleep first.
  uint32_t failures_ = 0;                            // Since the last answer,
  base::TimePoint first_failed_{};                   // and when the first of them began.
  base::TimePoint last_answer_{};
  base::TimePoint heard_again_{};  // The last answer that came so long after the one before it.
  uint32_t recoveries_ = 0;
  Sleeper* prober_ = nullptr;  // From its Sleep until the next answer.
};

}  // namespace entitysync::fetch
