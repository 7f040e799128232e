#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "service/backoff.h"
#include "service/channel.h"
#include "service/gateway_client.h"
#include "service/later_work.h"
#include "service/route.h"
#include "service/throttled_log.h"

namespace entitysync::service {

// Sends what NotifyLater queued.
//
// Purpose: keeps one stream open to one of the gateways, or makes calls where streams are of no
//   use, and sends again what is not confirmed until a gateway takes it or it is given up. What
//   comes while a request cannot be sent yet gathers, so requests grow with the load.
// Owner and lifetime: Notifier, whose GatewayClient outlives it. The destructor calls Stop.
// Threading: public methods from any thread; one thread of its own sends; channels tell news on
//   gRPC's threads.
// Limits: NotifierOptions::later_queue changes wait or are being sent; what is under way is bounded
//   by the channel.
// Errors: changes given up are counted and logged, without ids. A request that gateways refuse as a
//   whole is split, so that one bad change does not cost the others.
class LaterSender final : private ChannelListener {
 public:
  LaterSender(GatewayClient& client, const NotifierOptions& options);
  ~LaterSender() override;
  LaterSender(const LaterSender&) = delete;
  LaterSender& operator=(const LaterSender&) = delete;

  bool Add(Change change);
  bool Flush(std::chrono::milliseconds timeout);
  void Stop();

  // Fills in the counters, on top of what is there.
  void AddTo(NotifierStats& stats) const;

 private:
  using Clock = std::chrono::steady_clock;
  using Lock = std::unique_lock<std::mutex>;

  // What the channel told since the thread looked last.
  struct News {
    uint64_t acknowledged = 0;
    std::vector<Failure> failures;
    std::optional<absl::Status> end;
  };

  void OnSettled(uint64_t acknowledged, std::vector<Failure> failures) override;
  void OnFree() override;
  void OnEnded(absl::Status status) override;

  // The thread. All of these hold the lock but while they call the channel or the log.
  void Run();
  void TakeNews(Lock& lock);
  void TakeSettled();
  void Fail(Part part, const absl::Status& status);
  void Drop(const Part& part, const absl::Status& status);
  void EndChannel(Lock& lock, const absl::Status& status);
  // Ends a stream on which nothing moves, or that has nothing to do.
  void Tend(Lock& lock);
  bool MaySend(Clock::time_point now) const;
  void SendNext(Lock& lock);
  void WaitToRetry();
  Clock::time_point NextWakeUp() const;
  void WriteLog(Lock& lock);

  const NotifierOptions options_;
  ThrottledLog log_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;     // For the sending thread.
  std::condition_variable settled_;  // For Flush and Stop.
  LaterWork work_;
  News news_;
  NotifierStats counters_;
  std::optional<Clock::time_point> stop_until_;  // Set by Stop.
  bool finished_ = false;                        // The thread has ended, or is about to.
  std::once_flag joined_;

  Clock::time_point not_before_;  // Nothing is sent.
  Clock::time_point new_at_;      // Nor are new changes.
  Clock::time_point sent_at_;
  uint64_t last_sequence_ = 0;
  std::vector<std::string> lines_;  // For the log.
  Backoff backoff_;
  Route route_;         // The thread's alone.
  std::thread thread_;  // Last: it uses all the others.
};

}  // namespace entitysync::service
