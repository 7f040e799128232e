#pragma once

#include <absl/functional/any_invocable.h>
#include <absl/status/status.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace entitysync::bus {

// The sending half of a link whose client library may block: takes messages from any thread without
// blocking and hands them, one after the other, to a function on a thread of its own.
//
// Owner and lifetime: owned by a link. Destroying it stops it as Stop(0) would.
// Threading: Push may be called from any thread; `send` runs on the queue's thread only. Stop is
//   called by the owner, not inside `send`.
// Limits: messages and bytes waiting, the one being sent included.
// Errors: a full or stopped queue answers UNAVAILABLE and keeps nothing of the message. What `send`
//   meets is its own affair; it does not throw.
class PublishQueue {
 public:
  struct Limits {
    size_t max_messages = 10'000;
    size_t max_bytes = 64 * 1024 * 1024;  // Subjects and payloads.
  };

  struct Message {
    std::string subject;
    std::string payload;
    // BusLink::Connection() when the message was accepted. A link that has another connection by
    // now drops the message: whoever waits for its echo under that number must not get one.
    uint64_t connection = 0;
  };

  // `send` may block, within a bound of its own.
  using Send = absl::AnyInvocable<void(const Message&)>;

  PublishQueue(Limits limits, Send send);
  PublishQueue(const PublishQueue&) = delete;
  PublishQueue& operator=(const PublishQueue&) = delete;
  ~PublishQueue();

  // Queues a copy, in the order of the calls.
  absl::Status Push(std::string_view subject, std::string_view payload, uint64_t connection);

  // Accepts no more, sends what waits for up to `drain`, throws the rest away, and returns when the
  // thread has ended. The send under way is waited for. Later calls do nothing.
  void Stop(std::chrono::nanoseconds drain);

 private:
  void Run();

  const Limits limits_;
  Send send_;

  std::mutex mutex_;
  std::condition_variable changed_;  // There is a message, the queue is empty, or it is stopping.
  std::deque<Message> waiting_;      // Guarded by mutex_, as all below.
  size_t messages_ = 0;              // Waiting and being sent.
  size_t bytes_ = 0;
  bool accepting_ = true;
  bool stopping_ = false;

  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace entitysync::bus
