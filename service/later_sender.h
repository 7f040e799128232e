#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "service/gateway_client.h"
#include "service/later_queue.h"
#include "service/throttled_log.h"

namespace entitysync::service {

// Sends what NotifyLater queued.
//
// Purpose: one batch at a time, retried until a gateway takes it or it is given up. While a batch
//   is on its way the next one gathers, so batches grow with the load and nothing waits for a
//   timer.
// Owner and lifetime: Notifier, whose GatewayClient outlives it. The destructor calls Stop.
// Threading: public methods from any thread; one thread of its own sends.
// Limits: NotifierOptions::later_queue changes wait or are being sent.
// Errors: changes given up are counted and logged, without ids. A batch that gateways refuse as a
//   whole is split, so that one bad change does not cost the others.
class LaterSender {
 public:
  LaterSender(GatewayClient& client, const NotifierOptions& options);
  ~LaterSender();
  LaterSender(const LaterSender&) = delete;
  LaterSender& operator=(const LaterSender&) = delete;

  bool Add(Change change);
  bool Flush(std::chrono::milliseconds timeout);
  void Stop();

  // Fills in the counters, on top of what is there.
  void AddTo(NotifierStats& stats) const;

 private:
  using Clock = std::chrono::steady_clock;

  void Run();
  void Deliver(std::vector<Change> batch);
  absl::Status Attempt(std::span<const Change> changes, std::chrono::milliseconds timeout);
  absl::Status SendWithRetries(std::span<const Change> changes, Clock::time_point give_up);
  bool WaitToRetry(std::chrono::milliseconds backoff, Clock::time_point give_up);
  // When to give up at the latest, Stop considered.
  Clock::time_point Deadline(Clock::time_point give_up) const;
  void Drop(std::span<const Change> changes, const absl::Status& status);

  GatewayClient& client_;
  const NotifierOptions options_;
  ThrottledLog log_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;       // For the sending thread.
  std::condition_variable delivered_;  // For Flush and Stop.
  LaterQueue queue_;
  size_t sending_ = 0;
  uint64_t delivered_up_to_ = 0;                 // The number of the last change sent or dropped.
  std::optional<Clock::time_point> stop_until_;  // Set by Stop.

  bool finished_ = false;                   // The thread has ended.
  grpc::ClientContext* attempt_ = nullptr;  // The call under way.

  std::atomic<uint64_t> sent_ = 0;
  std::atomic<uint64_t> coalesced_ = 0;
  std::atomic<uint64_t> dropped_ = 0;
  std::atomic<uint64_t> retries_ = 0;
  std::thread thread_;  // Last: it uses all the others.
};

}  // namespace entitysync::service
