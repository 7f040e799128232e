#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client-sdk/cpp/event.h"
#include "client-sdk/cpp/liveness.h"
#include "client-sdk/cpp/loop.h"
#include "client-sdk/cpp/platform.h"
#include "client-sdk/cpp/reconnecting.h"
#include "entitysync/client/connection_state.h"

namespace entitysync::client {

// What the rest of the client does when something happens to the connection.
class ConnectionEvents {
 public:
  virtual ~ConnectionEvents() = default;

  virtual void OnChanged(const ConnectionState& state) = 0;

  // Before each attempt: gets the credential, and calls `ready`, at once or later.
  virtual void Prepare(std::function<void(absl::Status)> ready) = 0;

  // What is said first is what must come first, so this comes before OnChanged.
  virtual void OnOpened(const Welcome& welcome) = 0;

  virtual void OnEvent(Event event) = 0;

  // What was under way is lost. Comes once for each OnOpened.
  virtual void OnDown() = 0;

  // `written` is to be called when the ping is on its way.
  virtual void Ping(std::function<void()> written) = 0;

  // Whether there is a way to get another credential.
  virtual bool IsRenewable() const = 0;

  virtual void OnFailure(const absl::Status& error) = 0;
};

// One connection after the other, for as long as it makes sense.
//
// Owner and lifetime: Core. What `events` calls may do anything to the client, Close included.
// Threading: the executor.
// Limits: one transport at a time.
// Errors: told as states; those that end it for good also as OnFailure.
class Connection {
 public:
  Connection(Loop& loop, Platform platform, Duration connect_timeout, bool online,
             ConnectionEvents& events);

  const ConnectionState& state() const { return state_; }
  bool IsOpen() const { return state_.status == ConnectionStatus::kOpen; }

  // The first attempt, unless something has begun one or ended it all before.
  void Begin();

  void Send(std::string text);

  // There is a credential that was not known before.
  void Renew();

  void SetOnline(bool online);
  void Check();
  void Close();

 private:
  // How a connection or an attempt ended.
  struct Ending {
    int code;
    std::string reason;
  };

  void Start();
  uint64_t Note(ConnectionState state);
  void Set(ConnectionState state);
  void Attempt();
  void OnPrepared(const absl::Status& status);
  void Dial();
  void OnText(const std::string& text);
  void OnWelcome(const Welcome& welcome);
  void LeaveWithin(double begin_ms, double end_ms);
  bool Leave(ConnectionState next = {});
  ConnectionState StateAfter(const Ending& ending);
  void OnEnded(const Ending& ending);

  Loop& loop_;
  const Platform platform_;
  const Duration connect_timeout_;
  ConnectionEvents& events_;
  bool online_;
  Backoff backoff_;
  Liveness liveness_;
  ConnectionState state_;
  uint64_t states_ = 0;  // How many there have been.
  std::unique_ptr<Transport> transport_;
  uint64_t attempt_ = 0;               // Late results of earlier attempts are told by it.
  std::unique_ptr<Timer> timer_;       // Of the attempt, or of the wait for it.
  std::optional<TimePoint> leave_at_;  // The gateway asked for a reconnect at this moment.
  std::unique_ptr<Timer> leave_timer_;
  TimePoint opened_at_;
};

}  // namespace entitysync::client
