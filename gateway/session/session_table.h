#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "gateway/hub/delivery.h"
#include "gateway/session/session.h"

namespace entitysync::session {

// What a worker's table is made with; the references outlive it.
struct SessionTableOptions {
  base::Executor& executor;
  hub::Subscriptions& hub;
  const fetch::EntityCatalog& catalog;
  fetch::MessageHandler* message_handler = nullptr;
  const SessionOptions& sessions;
  metrics::SessionMetrics& metrics;
  base::Logger logger;
  subs::WorkerIndex worker = 0;
  std::string connection_prefix;
  uint64_t seed = 0;
};

// All sessions of one worker.
//
// Purpose: makes sessions for transports, brings them their deliveries, and flushes those that have
//   something to send once at the end of each turn.
// Owner and lifetime: the composition root; every transport is closed before it is destroyed.
// Threading: the worker's loop.
// Limits: the transport's limit of connections.
class SessionTable final : public ConnectionAcceptor,
                           public hub::DeliveryReceiver,
                           private SessionHost {
 public:
  explicit SessionTable(SessionTableOptions options);
  ~SessionTable() override;

  ConnectionHandler& OnOpen(Transport& transport, Handshake handshake) override;
  void OnDeliveries(const hub::Deliveries& deliveries) override;

  // Closes every session with 1012, each at a moment of its own within `window`; those too whose
  // handshake was under way when it began.
  void Drain(base::Duration window);

  size_t size() const { return size_; }

 private:
  void ScheduleFlush(uint32_t session) override;
  void OnSessionEnded(uint32_t session) override;
  void PrefetchFor(const std::vector<subs::SubscriberRef>& receivers, size_t next);
  void EndTurn();
  void ScheduleTurnEnd();
  void CloseWithinDrain(Session& session);
  std::unique_ptr<Session> MakeSession(uint32_t index, Transport& transport, Handshake handshake);

  const SessionTableOptions options_;
  base::TimerWheel wheel_;
  base::TimerWheel rate_wheel_;
  base::Random random_;
  SubscribeThrottle subscribe_throttle_;
  SharedKeys keys_;
  const std::unique_ptr<protocol::Deflater> deflater_;  // Null: states are not compressed.
  WorkerContext context_;
  std::vector<std::unique_ptr<Session>> sessions_;  // By index; null: free.
  std::vector<uint32_t> free_;
  std::vector<uint32_t> to_flush_;
  std::vector<uint32_t> flushing_;               // Empty between turns; keeps its capacity.
  std::vector<bool> is_scheduled_;               // By index: in to_flush_.
  std::vector<std::unique_ptr<Session>> ended_;  // Destroyed at the end of the turn.
  bool turn_end_scheduled_ = false;
  std::optional<base::TimePoint> drain_end_;  // Set from Drain on.
  size_t size_ = 0;
};

}  // namespace entitysync::session
