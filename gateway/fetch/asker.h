#pragma once

#include <cstdint>

#include "gateway/base/time.h"
#include "gateway/fetch/entity_source.h"

namespace entitysync::fetch {

struct OpenCall;

// Someone with one question at a time, for a BatchQueue.
//
// Owner and lifetime: whoever waits for the answer; to be forgotten by the queue before its end.
// Threading: the queue's loop. Limits: none. Errors: none.
class Asker {
 public:
  virtual ~Asker() = default;

  // The question goes out now; what happens from here on it does not cover.
  virtual FetchRequest OnSend(base::TimePoint now) = 0;

  virtual void OnAnswer(FetchAnswer answer, base::TimePoint now) = 0;

 private:
  friend class BatchQueue;

  bool is_waiting_ = false;
  uint32_t index_ = 0;        // Among those who wait, or in call_.
  OpenCall* call_ = nullptr;  // Between OnSend and OnAnswer.
  base::TimePoint alone_until_{};
};

}  // namespace entitysync::fetch
