#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
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
// Purpose: answers fetches with the application's truth at some moment between their start and
//   their end, or fails them as the mood of the day wants; counts that no (key, secret) is asked
//   twice at once (G6) and that no more is asked at once than the cap allows (G9).
// Owner and lifetime: a Replica; outlives its hub.
// Threading: one thread. Limits: every fetch ends within kDeadline.
class Source final : public fetch::EntitySource {
 public:
  static constexpr base::Duration kDeadline = std::chrono::seconds(5);

  // `cap`: fetches in flight that the replica's settings allow.
  Source(World& world, Application& application, const Service& service, std::string replica,
         size_t cap);

  std::unique_ptr<fetch::FetchCall> Fetch(fetch::FetchRequest request,
                                          fetch::FetchDone done) override;

  // In one call: all are answered when the slowest is.
  std::vector<std::unique_ptr<fetch::FetchCall>> FetchBatch(
      std::vector<fetch::FetchItem> items) override;

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

  size_t started() const { return started_; }

 private:
  struct Call;
  class Handle;
  using Pair = std::pair<KeyIndex, std::string>;
  struct Answered {
    base::TimePoint last_time;
    uint64_t last = 0;     // The highest at last_time.
    uint64_t earlier = 0;  // The highest before it.
  };

  base::Duration RandomLatency();
  void Schedule(const std::shared_ptr<Call>& call);
  void ReadAndAnswer(const std::shared_ptr<Call>& call, base::Duration rest);
  void End(const std::shared_ptr<Call>& call, fetch::FetchAnswer answer);
  void Note(const Call& call, const fetch::FetchAnswer& answer);
  void Cancel(const Call& call);
  void Forget(const Call& call);
  absl::StatusCode RandomFailure();

  World& world_;
  Application& application_;
  const Service& service_;
  const std::string replica_;
  const size_t cap_;
  std::optional<base::Duration> batch_latency_;  // While a batch is being put together.
  bool abandoned_ = false;
  size_t started_ = 0;
  base::TimePoint frozen_until_{};
  std::list<std::shared_ptr<Call>> open_;
  std::map<Pair, Answered> answered_;
  std::map<KeyIndex, base::TimePoint> removed_;
};

}  // namespace entitysync::simulation
