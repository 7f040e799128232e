#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "entitysync/v1/gateway.pb.h"

namespace entitysync::front {

// What a stream owes its producer an answer to.
//
// Purpose: requests settle in any order, and the producer is told as NotifyChangesResponse says: up
//   to where all are settled, and which of them failed.
// Owner and lifetime: the NotifyStream. Threading: none; the owner locks.
// Limits: whoever adds asks held() before. A request counts as one change at least, and a failure
//   not yet told by the size of its message, so that bad requests of a producer that does not read
//   fill no memory.
// Errors: none.
class StreamLedger {
 public:
  // Bounds of one response: what gRPC's clients receive by default is 4 MiB.
  static constexpr size_t kMaxFailuresTold = 1'000;
  static constexpr size_t kMaxFailureBytesTold = 1024 * 1024;
  // So many bytes of a failure's message count as one change.
  static constexpr size_t kBytesPerChange = 64;

  // Names a request; from 0, without holes.
  using Ticket = uint64_t;

  // `sequence` is above last_sequence(); `changes` may be 0 for a request that is settled at once.
  Ticket Add(uint64_t sequence, size_t changes);
  uint64_t last_sequence() const { return last_sequence_; }

  // Once per ticket. Says how many changes the request has.
  size_t Settle(Ticket ticket, const absl::Status& status);

  // Whether all requests are settled.
  bool IsSettled() const { return requests_.empty(); }

  // What there is to tell, as far as a response goes; then the caller sends it and calls Told.
  bool HasNews() const { return acknowledged_ != told_ || !failures_.empty(); }
  v1::NotifyChangesResponse TakeNews();
  void Told();

  // How many changes are unsettled, or settled and not told; see the limits.
  size_t held() const { return held_; }

 private:
  struct Request {
    uint64_t sequence;
    size_t changes;
    bool is_settled;
  };
  struct Failure {
    uint64_t sequence;
    absl::Status status;
  };
  static size_t WeightOf(size_t changes);
  static size_t WeightOf(const Failure& failure);

  std::deque<Request> requests_;  // From the first that is not settled.
  Ticket first_ = 0;              // The ticket of requests_.front().
  uint64_t last_sequence_ = 0;
  uint64_t acknowledged_ = 0;     // All up to here are settled,
  uint64_t told_ = 0;             // and up to here that was said.
  std::deque<Failure> failures_;  // Not told yet.
  size_t held_ = 0;
  size_t untold_ = 0;   // Of held_: changes of requests up to acknowledged_.
  size_t telling_ = 0;  // Of held_: what the response under way says.
};

}  // namespace entitysync::front
