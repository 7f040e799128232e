#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "bench/lib/key_table.h"
#include "bench/load/client_loop.h"
#include "bench/load/client_stats.h"
#include "bench/load/watch_group.h"

namespace entitysync::bench {

// All websocket clients of this process, divided among loops.
//
// Owner: the load program. Threading: the thread that carries out commands; calls return when the
// loops have done what was asked.
class Clients {
 public:
  Clients(KeyTable& table, uint32_t process, uint32_t threads);

  // Opens the connections of `group`, until all are open or have failed.
  ConnectResult Connect(const WatchGroup& group);
  void DisconnectAll();

  // See ClientLoop.
  void Baseline();
  void ClearStats();
  ClientStats Stats();
  uint64_t OpenConnections();
  uint64_t Stale();
  uint32_t Stall(uint32_t count);

  // Reads from stalled connections again until they have the last state of their keys, or until the
  // deadline; answers how many subscriptions have not. They count again afterwards.
  uint64_t Resume(int64_t deadline_ns);

  // Until no subscription is stale, or the deadline; answers how many are.
  uint64_t Settle(int64_t deadline_ns);

 private:
  template <typename Action>
  void OnEach(Action action);

  std::vector<std::unique_ptr<WatchGroup>> groups_;
  std::vector<std::unique_ptr<ClientLoop>> loops_;
};

}  // namespace entitysync::bench
