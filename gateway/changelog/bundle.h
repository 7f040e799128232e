#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "gateway/base/executor.h"
#include "gateway/changelog/bus_codec.h"
#include "gateway/changelog/submission.h"

namespace entitysync::changelog {

// What was submitted in one turn: published together and confirmed together.
//
// Owner and lifetime: the ConfirmedPublisher. Threading: its loop. Errors: none.
// Limits: messages and the memory that was reserved for them are kept until the last call ended.
class Bundle {
 public:
  struct Message {
    std::string subject;
    BatchBody batch;  // Numbered when it first goes out.
  };
  struct Call {
    base::TimePoint deadline;
    PublishDone done;
    Reservation reservation;
  };

  Bundle(std::vector<Message> messages_of_all, std::vector<Call> calls);

  // The first deadline of a call that has not ended; TimePoint::max() if it has none.
  base::TimePoint NextDeadline() const { return calls_[ended_].deadline; }

  // Ends what is overdue. Whether no call is left.
  bool EndOverdue(base::TimePoint now);

  // Ends what is left.
  void EndAll(const absl::Status& status);

  std::vector<Message> messages;
  size_t sent = 0;          // Messages out under `connection`.
  uint64_t connection = 0;  // The link's before the first of them.
  base::TimerId timer = base::kNoTimer;

 private:
  std::vector<Call> calls_;  // By deadline.
  size_t ended_ = 0;         // So many of them, from the first.
};

}  // namespace entitysync::changelog
