#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

// What the client needs of the world around it. In production Asio and Beast; in tests a clock that
// the test moves and a gateway that it plays.
namespace entitysync::client {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// Longer than this nothing takes, however much a user asks for: no time may overflow the clock.
inline constexpr std::chrono::milliseconds kMaxTime = std::chrono::days(365);

// A time that a user gave.
constexpr Duration Bounded(std::chrono::milliseconds time) {
  return std::clamp(time, std::chrono::milliseconds(0), kMaxTime);
}

// A function that runs later, unless this is destroyed before. May be destroyed by its function.
class Timer {
 public:
  virtual ~Timer() = default;
};

// When things run: one task at a time.
class Scheduler {
 public:
  virtual ~Scheduler() = default;

  virtual TimePoint Now() const = 0;

  // Runs a function when the present task has ended. The only method that is safe from any thread.
  virtual void Post(std::function<void()> function) = 0;

  virtual std::unique_ptr<Timer> RunAfter(Duration delay, std::function<void()> function) = 0;
};

// What comes of a connection. Called from tasks of its own, never by what the client calls.
struct TransportEvents {
  // A text frame.
  std::function<void(std::string text)> text;

  // It is over, by a close frame or (1006) without. Called once, and nothing after it.
  std::function<void(int code, std::string reason)> closed;
};

// A websocket, or the attempt at one.
//
// Owner and lifetime: Connection. Nothing comes of it after its destructor, which may run inside
//   one of its events.
// Limits: an implementation ends a connection that takes nothing for long, rather than keep
//   all that is sent.
class Transport {
 public:
  virtual ~Transport() = default;

  // Sends a text frame. Only called after the first event.
  virtual void Send(std::string text) = 0;

  // Begins to close; the destructor follows at once, and nobody waits.
  virtual void Close(int code) = 0;
};

// Begins a handshake that offers this subprotocol. Where another one is selected the attempt has
// failed (1006).
using Dial =
    std::function<std::unique_ptr<Transport>(std::string subprotocol, TransportEvents events)>;

struct Platform {
  std::shared_ptr<Scheduler> scheduler;

  Dial dial;

  // Uniform, from 0 (inclusive) to 1 (exclusive).
  std::function<double()> random;
};

}  // namespace entitysync::client
