#pragma once

#include <absl/status/status.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "client-sdk/cpp/event.h"
#include "client-sdk/cpp/loop.h"
#include "client-sdk/cpp/user_calls.h"
#include "client-sdk/cpp/wire.h"
#include "entitysync/client/client.h"

namespace entitysync::client {

// Messages to the application that wait for a connection or for their answer.
//
// Owner and lifetime: Core. Threading: the executor.
// Limits: `max` requests, each for its time.
// Errors: each request tells its own, to its own callback.
class Requests {
 public:
  Requests(Loop& loop, Wire& wire, UserCalls& user, Duration timeout, size_t max);

  uint64_t Add(std::string json, std::optional<std::chrono::milliseconds> timeout,
               ReplyFunction done);
  void Cancel(uint64_t id);

  void OnOpened();

  // Sends those that wait, in order, as far as there is room.
  void Flush();

  void OnDown();

  // From here on all fail like that. OK: no longer.
  void SetEnd(const absl::Status& end);

  // Forgets all without telling.
  void Clear();

 private:
  struct Request {
    std::string json;
    ReplyFunction done;
    std::unique_ptr<Timer> timer;
    bool sent = false;
  };

  absl::Status Admit(const std::string& json) const;
  void Send(uint64_t id, Request& request);
  void Settle(uint64_t id, absl::StatusOr<std::vector<Row>> outcome);
  void SettleAll(const absl::Status& error, bool only_sent);

  Loop& loop_;
  Wire& wire_;
  UserCalls& user_;
  const Duration timeout_;
  const size_t max_;
  std::map<uint64_t, Request> requests_;
  uint64_t ids_ = 0;
  bool open_ = false;  // What must be said before has been said.
  absl::Status end_;
};

}  // namespace entitysync::client
