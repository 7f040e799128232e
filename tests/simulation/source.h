#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gateway/fetch/entity_source.h"
#include "tests/simulation/application.h"
#include "tests/simulation/world.h"

namespace entitysync::simulation {

// How the application serves fetches at present; shared by the sources of all replicas.
struct Service {
  enum class Mood : uint8_t { kWell, kRefusing, kHanging, kFlaky, kMisconfigured, kSlow };
  Mood mood = Mood::kWell;
  std::optional<base::Duration> latency;  // Of every fetch; absent: any.
};

// The road from one replica to the application.
//
// Purpose: answers questions with the application's truth at some moment between their start and
//   their end, or fails them as the mood of the day wants; counts that no (key, secret) is asked
//   twice at once (G6) and that no more is asked at once than the cap allows (G9). A call of
//   several is answered when the slowest of them is, fails in part or as a whole, or is declined.
// Owner and lifetime: a Replica; outlives its hub.
// Threading: one thread. Limits: every call ends within kDeadline.
class Source final : public fetch::EntitySource {
 public:
  static constexpr base::Duration kDeadline = std::chrono::seconds(5);

  // `cap`: fetches in flight that the replica's settings allow.
  Source(World& world, Application& application, const Service& service, std::string replica,
         size_t cap);

  std::unique_ptr<fetch::FetchCall> Fetch(std::span<const fetch::FetchRequest> requests,
                                          fetch::FetchDone done) override;
  size_t MaxItems() const override;

  // Calls under way fail, as when the application's process is restarted.
  void BreakCalls();
  // The replica is gone: nothing is answered any more.
  void Abandon();
  // No answer given from now to `until` is known to be handled at once: the replica is frozen.
  void NoteFrozen(base::TimePoint until) { frozen_until_ = std::max(frozen_until_, until); }

  // The highest serial among the answers given for this pair before now, each handled at once; 0 if
  // there is none. What a client is sent from now on is not older.
  uint64_t NewestAnswered(KeyIndex key, const std::string& secret) const;

  // When the application last said that this key does not exist, to any secret.
  base::TimePoint LastRemoved(KeyIndex key) const;

  // The same, removals included.
  uint64_t NewestSerial(KeyIndex key, const std::string& secret) const;
  // Whether this state was ever answered for this pair.
  bool WasAnswered(KeyIndex key, const std::string& secret, uint64_t serial) const;
  // The highest serial of a removal among all the answers for this pair; 0 if there is none.
  uint64_t NewestRemoval(KeyIndex key, const std::string& secret) const;
  // Whether a subscription of this time may have met, or meets, an answer that denies it.
  bool MayBeDenied(KeyIndex key, const std::string& secret, base::TimePoint since) const;

  // Questions asked.
  size_t started() const { return started_; }

 private:
  struct Question {
    KeyIndex key = 0;
    std::string secret;
    fetch::FetchReason reason;
    bool is_open = true;  // Neither answered nor given up.
    fetch::FetchAnswer answer;
    uint64_t serial = 0;  // Of what was read.
  };
  struct Call;
  class Handle;
  using CallPtr = std::shared_ptr<Call>;
  using Pair = std::pair<KeyIndex, std::string>;
  // The highest serials of answers.
  struct Newest {
    void Note(uint64_t serial, base::TimePoint now);
    // Of those before now.
    uint64_t Before(base::TimePoint now) const;

    base::TimePoint last_time;
    uint64_t last = 0;     // At last_time.
    uint64_t earlier = 0;  // Before it.
  };
  // What was answered for a pair.
  struct Heard {
    Newest rows;  // Each handled at once,
    Newest all;   // removals included.
    std::set<uint64_t> serials;
    uint64_t removal = 0;
    std::optional<base::TimePoint> denied;  // The last time, and
    base::TimePoint allowed_after;          // when it was not any more.
  };

  void CheckAsked(const Call& call);
  void Schedule(const CallPtr& call);
  base::Duration DrawLatency(const Call& call);
  bool DrawDeclined(size_t items);
  // Of a question, or of a whole call of several.
  std::optional<absl::StatusCode> DrawFailure(size_t items);
  absl::StatusCode RandomFailure();
  void End(Call& call);
  void Answered(Question& question, bool is_declined);
  void Note(const Question& question);
  const Heard& HeardOf(KeyIndex key, const std::string& secret) const;
  void Close(Call& call);
  void Cancel(Call& call);
  void GiveUp(Question& question);

  World& world_;
  Application& application_;
  const Service& service_;
  const std::string replica_;
  const size_t cap_;
  bool abandoned_ = false;
  size_t started_ = 0;
  size_t open_ = 0;  // Questions.
  base::TimePoint frozen_until_{};
  size_t fewer_items_ = 1;  // In one call, until then.
  base::TimePoint fewer_until_{};
  std::list<CallPtr> calls_;  // Under way.
  std::map<Pair, Heard> heard_;
  std::map<KeyIndex, base::TimePoint> removed_;
};

}  // namespace entitysync::simulation
