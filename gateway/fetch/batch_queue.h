#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "gateway/base/executor.h"
#include "gateway/fetch/asker.h"
#include "gateway/fetch/entity_source.h"
#include "gateway/fetch/usual_latency.h"
#include "gateway/metrics/metrics.h"

namespace entitysync::fetch {

struct BatchOptions {
  size_t max_items = 100;    // In one call. 1: each question in a call of its own.
  base::Duration window{0};  // How long a question may wait for others while calls are under way.
};

// Puts questions to one source in as few calls as cost nobody much time.
//
// Purpose: what begins in one turn of the loop goes out at its end, in one call. While calls are
//   under way, questions gather until the window has passed since the first of them, until there
//   are as many as a call takes, or until those calls are answered, whichever is first. So a
//   question that comes while nothing goes on waits for nothing, and under load a call carries what
//   came during the one before. All answers of a call wait for its slowest: whoever was in one that
//   was slow for this target is asked alone for a while, and so holds up the others once a minute
//   at most. Whose answer alone is larger than what can be received goes alone as well: in a call
//   it would cost all others theirs.
// Owner and lifetime: a shard, one per target and FetchGate::Priority; outlives the askers.
// Threading: the shard's loop. Answers are posted to it, one post per call.
// Limits: `max_items`, EntitySource::MaxItems and kMaxBytes in one call.
// Errors: in the answers. Where the application does not answer several questions in one call they
//   are asked one by one, at once.
class BatchQueue {
 public:
  // Keys and secrets in one call: servers of most languages receive 4 MiB by default.
  static constexpr size_t kMaxBytes = 1024 * 1024;
  // For how long an asker that was in a slow call goes alone, unless a quick answer says that it
  // was another.
  static constexpr base::Duration kAloneFor = std::chrono::minutes(1);

  BatchQueue(base::Executor& executor, EntitySource& source, BatchOptions options,
             metrics::HubMetrics& metrics);
  ~BatchQueue();

  // Asks the asker's question, with others unless it is to go `alone`. OnSend comes now or soon.
  void Ask(Asker& asker, bool alone);

  // It wants no answer any more.
  void Forget(Asker& asker);

 private:
  size_t CallLimit() const;
  bool GoesAlone(const Asker& asker) const;
  void AddToLine(Asker& asker);
  void WatchTurnEnd();
  void OnTurnEnd();
  void Gather(base::TimePoint now);
  void OnWindow();
  // Sends the first `count` of those who wait.
  void Send(size_t count, metrics::Counter& cause);
  void SendAlone(Asker& asker, const FetchRequest& request, base::TimePoint now);
  void Start(std::shared_ptr<OpenCall> call, metrics::Counter& cause);
  void End(OpenCall& call);
  void OnAnswers(OpenCall& call, FetchAnswers answers);

  base::Executor& executor_;
  EntitySource& source_;
  const BatchOptions options_;
  metrics::HubMetrics& metrics_;
  UsualLatency usual_;

  std::vector<Asker*> waiting_;  // In the order in which they came; null: forgotten.
  size_t forgotten_ = 0;         // How many of those are.
  std::vector<Asker*> leaving_;  // Kept for its capacity.
  bool watches_turn_end_ = false;
  bool is_gathering_ = false;  // The first who waits came in an earlier turn,
  base::TimePoint since_;      // then.
  base::TimerId timer_ = base::kNoTimer;

  std::vector<std::shared_ptr<OpenCall>> calls_;  // Under way.
  size_t shared_calls_ = 0;                       // Those of them that others could have joined.
};

}  // namespace entitysync::fetch
