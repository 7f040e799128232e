#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "entitysync/gateway/bus_link.h"
#include "gateway/base/executor.h"
#include "gateway/changelog/batches.h"
#include "gateway/changelog/bundle.h"
#include "gateway/changelog/bus_codec.h"
#include "gateway/changelog/subjects.h"
#include "gateway/changelog/submission.h"
#include "gateway/metrics/metrics.h"

namespace entitysync::changelog {

// Publishes batches and knows when the bus has them.
//
// Purpose: what is submitted in one turn is a bundle: its changes share messages, one per entity
//   type as far as they fit, and are confirmed together. After what it published, the replica sends
//   itself an ack round over the bus; because links keep order, its echo proves that everything
//   before it was taken, provided that the connection is still the one it had before the first of
//   it. One round is in flight; newcomers share the next. After a reconnect all that is unconfirmed
//   is published again under its old numbers.
// Owner and lifetime: the ChangeLog. Threading: its loop.
// Limits: each call ends at its deadline; the changes of a bundle are kept until its last call has
//   ended. How many wait is the ChangeLog's affair.
// Errors: UNAVAILABLE at the deadline: perhaps heard.
class ConfirmedPublisher {
 public:
  // An ack round not echoed for this long is followed by another; its echo still counts.
  static constexpr base::Duration kRoundTimeout = std::chrono::seconds(1);
  // So many rounds are remembered while no echo comes.
  static constexpr size_t kMaxRounds = 64;
  // What the link refused is offered again after this long.
  static constexpr base::Duration kRetryInterval = std::chrono::milliseconds(20);

  ConfirmedPublisher(Origin origin, const Subjects& subjects, base::Executor& executor,
                     bus::BusLink& link, metrics::BusMetrics& metrics);
  ~ConfirmedPublisher();

  // Publishes at the end of the turn, and calls `done` once, when the bus has the changes or at the
  // deadline.
  void Submit(Submission submission);

  // Our own round came back.
  void OnEcho(uint64_t round);

  // The link has a new connection.
  void OnConnected();

  // Ends every call with `status`.
  void FailAll(const absl::Status& status);

  // Of the last batch that went out; 0 if none.
  uint64_t last_number() const { return last_number_; }

 private:
  using BundleId = uint64_t;
  using Bundles = std::map<BundleId, Bundle>;

  // A round trip under way, and what its echo proves.
  struct Round {
    uint64_t number = 0;
    BundleId covers = 0;      // Bundles up to here were out when it began.
    uint64_t connection = 0;  // The link's when it began.
  };

  void SchedulePump();
  // Makes a bundle of what was submitted in this turn.
  void Seal();
  void Pump();
  // False: the link took no more.
  bool SendAllUnsent();
  bool SendUnsent(Bundle& bundle);
  bool SendMessage(Bundle::Message& message);
  // Begins a round if something is out and none is in flight. False: the link did not take it.
  bool StartRound();
  void RetryLater();
  void ForgetRounds();
  void ArmDeadline(Bundles::iterator bundle);
  void EndAll(Bundles::iterator bundle, const absl::Status& status);

  const Origin origin_;
  const Subjects& subjects_;
  base::Executor& executor_;
  bus::BusLink& link_;
  metrics::BusMetrics& metrics_;

  Batches submitted_;                  // In this turn,
  std::vector<Bundle::Call> callers_;  // and by whom.
  Bundles bundles_;                    // In the order in which they came.
  BundleId last_bundle_ = 0;
  uint64_t last_number_ = 0;
  BundleId out_through_ = 0;  // All bundles up to here are out.
  uint64_t last_round_ = 0;
  std::deque<Round> rounds_;                    // Not echoed yet, oldest first.
  base::TimerId round_timer_ = base::kNoTimer;  // Set while the newest round is waited for.
  base::TimerId retry_timer_ = base::kNoTimer;
  bool is_blocked_ = false;  // The link refused something.
  bool pump_scheduled_ = false;
};

}  // namespace entitysync::changelog
