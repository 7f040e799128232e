#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "entitysync/gateway/bus_link.h"
#include "gateway/base/executor.h"
#include "gateway/base/log.h"
#include "gateway/changelog/change_publisher.h"
#include "gateway/changelog/change_sink.h"
#include "gateway/changelog/confirmed_publisher.h"
#include "gateway/changelog/gap_tracker.h"
#include "gateway/changelog/inbox.h"
#include "gateway/metrics/metrics.h"

namespace entitysync::changelog {

struct ChangeLogOptions {
  std::string prefix = "entitysync";
  Origin origin;  // This replica; its epoch is its start.
  base::Duration heartbeat_interval = std::chrono::seconds(1);
  // What may be gathered is published no sooner than so long after what was gathered before it.
  base::Duration gather = std::chrono::milliseconds(1);
  // Memory of changes accepted and not yet confirmed; beyond it calls are refused.
  size_t max_waiting_bytes = 64 * 1024 * 1024;
};

// The changes of all replicas, over any bus.
//
// Purpose: brings validated changes to every replica and says OK only when the bus has them; hears
//   the changes of all replicas (its own come back the same way); notices when some may have been
//   missed, whatever lost them, and says so to the sink.
// Owner and lifetime: the composition root. Start, then Stop on the loop, then BusLink::Stop, then
//   destroy with the loop at rest.
// Threading: Publish and is_live from any thread; BusListener calls from the link's thread, where
//   messages are decoded and handed to the sink; everything else on the loop.
// Limits: max_waiting_bytes; each call ends at its timeout. Submissions are gathered for `gather`
//   at most. Gaps are passed on at once, however many: the sink takes the first of them to heart
//   and paces what it does about them.
// Errors: messages that cannot be read are counted and skipped.
class ChangeLog final : public ChangePublisher, private bus::BusListener {
 public:
  // All that is referred to outlives this object.
  ChangeLog(ChangeLogOptions options, base::Executor& executor, bus::BusLink& link,
            ChangeSink& sink, metrics::BusMetrics& metrics, base::Logger logger);
  ~ChangeLog() override;

  // Starts the link and the heartbeat. Fails as BusLink::Start does.
  absl::Status Start();

  // Says goodbye on the bus and ends all calls with UNAVAILABLE. On the loop.
  void Stop();

  void Publish(std::vector<Change> changes, PublishTerms terms, PublishDone done) override;

  // Whether changes are heard: connected, and our subscription confirmed.
  bool is_live() const { return live_; }

 private:
  void OnMessage(std::string_view subject, std::string_view payload) override;
  void OnConnected() override;
  void OnDisconnected() override;
  void OnDropped(uint64_t count) override;

  // On the loop.
  void TakeSubmissions();
  void HandleConnected();
  void HandleConfirmed();
  void HandleDisconnected();
  void HandleHeartbeat();
  void NoteIf(bool gap, metrics::Counter& cause);

  const ChangeLogOptions options_;
  base::Executor& executor_;
  bus::BusLink& link_;
  ChangeSink& sink_;
  metrics::BusMetrics& metrics_;
  const base::Logger logger_;
  const Subjects subjects_;
  std::atomic<size_t> waiting_bytes_{0};  // Before those who count in it.
  Inbox inbox_;
  ConfirmedPublisher publisher_;
  GapTracker gaps_;
  bool is_probing_ = false;  // A round trip that confirms our subscription is under way.
  bool stopped_ = false;
  base::TimerId heartbeat_timer_ = base::kNoTimer;
  base::TimerId gather_timer_ = base::kNoTimer;  // Set while patient submissions wait for it.
  std::atomic<bool> live_{false};
};

}  // namespace entitysync::changelog
