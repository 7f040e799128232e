#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bench/lib/histogram.h"
#include "bench/load/connection.h"
#include "bench/load/watch_group.h"

namespace entitysync::bench {

// What became of a `connect`, on one thread.
struct ConnectResult {
  uint32_t connected = 0;
  uint32_t compressed = 0;  // Of those connected.
  uint32_t failed = 0;
  std::string first_failure;
  Histogram handshakes;  // From connect() to the answer 101.
};

// Opens the part of a group's connections that falls to one thread: decides when the next one
// begins. Owner: a ClientLoop, on whose thread all of it runs. Limits: `at_once`, `rate` and the
// timeout of the group; when time is up, what is not open has failed.
class ConnectJob {
 public:
  // Connections first, first + step, ... of the group.
  ConnectJob(const WatchGroup& group, uint32_t first, uint32_t step, int64_t now);

  // A connection that has begun to connect, if it is time for one more. Those that cannot even
  // begin count as failed.
  std::unique_ptr<Connection> Next(int64_t now);
  void Opened(const Connection& connection, int64_t now);
  void Failed(const std::string& why);

  // Once the time is up: no more begin, and nobody waits for those under way.
  bool is_done() const { return is_over_ || (next_ >= group_.plan.connections() && pending_ == 0); }
  // When to ask Next again if nothing else happens, in milliseconds; -1: never.
  int WaitMs(int64_t now) const;
  void CheckTime(int64_t now);

  ConnectResult& result() { return result_; }

 private:
  Fd Start(uint32_t index);

  const WatchGroup& group_;
  uint32_t next_;
  const uint32_t step_;
  const int64_t began_ns_;
  uint32_t begun_ = 0;
  uint32_t pending_ = 0;
  bool is_over_ = false;
  ConnectResult result_;
};

}  // namespace entitysync::bench
