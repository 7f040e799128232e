#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "bench/load/publisher.h"

namespace entitysync::bench {

// Counts the calls of a publisher, and lets it wait for their answers. Threading: any.
class CallCounter {
 public:
  // Calls without an answer that a publisher may have, beyond which it waits.
  static constexpr uint64_t kMaxUnanswered = 1'000;

  // A call is about to be made: waits while there are too many.
  void Begin();
  // Its answer came after so long. `failure` is "" for OK; the first one is kept.
  void End(int64_t took_ns, bool ok, std::string_view failure);

  // As Publisher has them.
  bool WaitUnanswered(uint64_t most, int64_t deadline_ns);
  PublisherCounts Counts();
  void Clear();

  // For destructors: until everything is answered, or half a minute.
  void WaitForAll();

 private:
  std::mutex mutex_;
  std::condition_variable answered_;
  uint64_t unanswered_ = 0;  // Guarded by mutex_.
  uint64_t wanted_ = 0;     // Guarded by mutex_: what somebody waits for unanswered_ to go down to.
  PublisherCounts counts_;  // Guarded by mutex_.
};

}  // namespace entitysync::bench
