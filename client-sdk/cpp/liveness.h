#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "client-sdk/cpp/loop.h"

namespace entitysync::client {

// Tells whether the gateway is still there: silence is broken by a ping of the protocol, and only a
// ping that went unanswered means that it is not. Silence alone may mean that the machine slept.
//
// Owner and lifetime: Connection. Threading: the executor. Limits: one ping that waits for its
// turn; one timer, which is not moved with each event; it looks how long ago the last one was.
// Errors: `dead` is one.
class Liveness {
 public:
  // `ping` is given what to call when the ping is on its way; never, if the connection ends before.
  Liveness(Loop& loop, std::function<void(std::function<void()>)> ping, std::function<void()> dead);

  void Start(Duration heartbeat);
  void Stop();

  // Something came.
  void Heard();

  // Asks now.
  void Check();

 private:
  void Ask(Duration patience);
  void Arm(Duration delay);
  void Look();

  Loop& loop_;
  const std::function<void(std::function<void()>)> ping_;
  const std::function<void()> dead_;
  Duration heartbeat_{0};
  TimePoint heard_at_;
  std::optional<Duration> patience_;   // Of the ping that waits to be written.
  std::optional<TimePoint> deadline_;  // Of the ping that was not answered yet.
  std::unique_ptr<Timer> timer_;
};

}  // namespace entitysync::client
