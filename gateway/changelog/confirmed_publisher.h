#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "entitysync/gateway/bus_link.h"
#include "gateway/base/executor.h"
#include "gateway/changelog/bus_codec.h"
#include "gateway/changelog/change_publisher.h"
#include "gateway/changelog/subjects.h"
#include "gateway/metrics/metrics.h"

namespace entitysync::changelog {

// Publishes batches and knows when the bus has them.
//
// Purpose: after what it published, the replica sends itself an ack round over the bus; because
//   links keep order, its echo proves that everything before it was taken, provided that the
//   connection is still the one it had before the first of it. One round is in flight; newcomers
//   share the next. After a reconnect all that is unconfirmed is published again under its old
//   numbers.
// Owner and lifetime: the ChangeLog. Threading: its loop.
// Limits: each call ends at its deadline. How many wait is the ChangeLog's affair.
// Errors: UNAVAILABLE at the deadline: perhaps heard.
class ConfirmedPublisher {
 public:
  // An ack round not echoed for this long is given up for another.
  static constexpr base::Duration kRoundTimeout = std::chrono::seconds(1);
  // What the link refused is offered again after this long.
  static constexpr base::Duration kRetryInterval = std::chrono::milliseconds(20);

  ConfirmedPublisher(Origin origin, const Subjects& subjects, base::Executor& executor,
                     bus::BusLink& link, metrics::BusMetrics& metrics);
  ~ConfirmedPublisher();

  // Publishes `changes` (possibly none: then only the round trip counts) and calls `done` once,
  // when they are confirmed or at `deadline`.
  void Submit(std::vector<Change> changes, base::TimePoint deadline, PublishDone done);

  // Our own round came back.
  void OnEcho(uint64_t round);

  // The link has a new connection.
  void OnConnected();

  // Ends every call with `status`.
  void FailAll(const absl::Status& status);

  // Of the last batch that went out; 0 if none.
  uint64_t last_number() const { return last_number_; }

 private:
  struct Message {
    std::string subject;
    BatchBody batch;  // Numbered when it first goes out.
  };
  struct Call {
    std::vector<Message> messages;
    size_t sent = 0;          // Messages out under `connection`.
    uint64_t connection = 0;  // The link's before the first of them.
    bool is_out = false;      // All of them; waits for a round.
    base::TimerId deadline = base::kNoTimer;
    PublishDone done;
  };
  using CallId = uint64_t;

  void SchedulePump();
  void Pump();
  bool SendUnsent(Call& call);
  bool SendMessage(Message& message);
  void StartRound();
  void RetryLater();
  void Finish(std::map<CallId, Call>::iterator call, const absl::Status& status);

  const Origin origin_;
  const Subjects& subjects_;
  base::Executor& executor_;
  bus::BusLink& link_;
  metrics::BusMetrics& metrics_;

  std::map<CallId, Call> calls_;  // In the order in which they came.
  CallId last_call_ = 0;
  uint64_t last_number_ = 0;
  uint64_t round_ = 0;
  CallId round_covers_ = 0;  // Calls up to here were out when the round in flight began.
  base::TimerId round_timer_ = base::kNoTimer;  // Set while a round is in flight.
  base::TimerId retry_timer_ = base::kNoTimer;
  bool pump_scheduled_ = false;
};

}  // namespace entitysync::changelog
