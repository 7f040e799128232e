#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/lib/key_table.h"
#include "bench/load/client_stats.h"
#include "bench/load/connect_job.h"
#include "bench/load/connection.h"
#include "bench/load/inflater.h"

namespace entitysync::bench {

// A thread that plays many websocket clients, at the lowest cost that it can: it shares the machine
// with what is measured. One system call per connection that has something, no allocation per
// frame.
//
// Owner: Clients. Threading: Do is called from other threads and runs a task on the loop's;
// everything else is called within tasks. Limits: descriptors. Errors: connections that end by
// themselves and data that is no state are counted.
class ClientLoop {
 public:
  ClientLoop(KeyTable& table, uint32_t process);
  ~ClientLoop();
  ClientLoop(const ClientLoop&) = delete;
  ClientLoop& operator=(const ClientLoop&) = delete;

  // Runs `task` on the loop's thread and returns when it has.
  void Do(const std::function<void()>& task);

  // Opens connections; `done` is called on the loop's thread, once. One job at a time.
  void Connect(const WatchGroup& group, uint32_t first, uint32_t step,
               std::function<void(const ConnectResult&)> done);
  void DisconnectAll();

  // What the connections have now counts as the present states: nothing before is waited for.
  void Baseline();
  const ClientStats& stats() const { return stats_; }
  void ClearStats();
  uint64_t open_connections() const;
  // How many subscriptions do not have the last state; of those set aside, or of the others.
  uint64_t Stale(bool set_aside) const;

  // Stops reading from up to `count` connections; answers how many.
  uint32_t Stall(uint32_t count);
  void Resume();  // Reads from them again, still set aside.
  void Rejoin();  // They count again.

 private:
  void Run();
  void RunTasks();
  void ContinueConnecting(int64_t now);
  void PublishCovered();

  void Register(Connection& connection);
  void Handle(Connection& connection, uint32_t events);
  void Begin(Connection& connection);
  void Read(Connection& connection);
  bool Take(Connection& connection, std::span<char> bytes, int64_t now);
  bool TakeHead(Connection& connection, std::span<char> bytes, int64_t now);
  void Open(Connection& connection, int64_t now);
  void OnFrame(Connection& connection, const Frame& frame, int64_t now);
  void OnState(Connection& connection, std::string_view message, int64_t now);
  void Flush(Connection& connection);
  void End(Connection& connection, const char* why);
  void AddWatchers(const Connection& connection, int32_t count);

  KeyTable& table_;
  const uint32_t process_;
  const Fd epoll_;
  const Fd wake_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::unique_ptr<ConnectJob> job_;
  std::function<void(const ConnectResult&)> job_done_;
  ClientStats stats_;
  uint64_t published_ = 0;  // Of stats_.covered, since it was cleared last.
  std::vector<char> buffer_;
  Inflater inflater_;

  std::mutex mutex_;
  std::condition_variable done_;
  const std::function<void()>* task_ = nullptr;  // Guarded by mutex_; null: none.
  bool stops_ = false;                           // Guarded by mutex_.
  std::thread thread_;                           // Last: it uses all the others.
};

}  // namespace entitysync::bench
