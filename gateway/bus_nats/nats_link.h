#pragma once

#include <absl/status/status.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "entitysync/gateway/bus_link.h"
#include "entitysync/gateway/publish_queue.h"
#include "gateway/base/log.h"
#include "gateway/bus/connection_report.h"
#include "gateway/bus_nats/event.h"
#include "gateway/bus_nats/nats_handles.h"
#include "gateway/bus_nats/nats_link_options.h"
#include "gateway/bus_nats/nats_session.h"

namespace entitysync::bus_nats {

// A link over NATS, without JetStream.
//
// Purpose, lifetime: as BusLink.
// Threading: as BusLink. Three threads of its own: the publisher calls cnats where it may block,
//   the deliverer calls the listener and is the only one to say what the connection is, the
//   supervisor makes connections and ends them. cnats' threads push messages and wake, nothing
//   more.
// Limits: those of NatsLinkOptions. A message over the server's max_payload cannot be sent: it is
//   counted as a lost connection, so that no echo vouches for it.
// Errors: servers away or refusing the credentials: tried again for ever, with backoff, logged.
class NatsLink final : public bus::BusLink {
 public:
  NatsLink(NatsLinkOptions options, base::Logger logger);
  ~NatsLink() override;

  absl::Status Start(std::vector<std::string> subscriptions, bus::BusListener& listener) override;
  absl::Status Publish(std::string_view subject, std::string_view payload) override;
  uint64_t Connection() const override { return report_.number(); }
  void Stop() override;

 private:
  // The session that stands, if any. Its n-th connection has the number first_number + n.
  struct Current {
    std::shared_ptr<NatsSession> session;
    uint64_t first_number = 1;
  };

  Current GetCurrent() const;
  void SendOne(const bus::PublishQueue::Message& message);
  void CountAsLost(const NatsSession& session);

  void Supervise();
  void ServeSession(const std::shared_ptr<NatsSession>& session);

  void Deliver();
  void ReportConnection();
  uint64_t PollDropped();

  const NatsLinkOptions options_;
  const base::Logger logger_;
  const std::shared_ptr<NatsInbox> inbox_;
  bus::ConnectionReport report_;  // Updated by the deliverer.
  Event stopping_;

  NatsOptions settings_;  // The supervisor's.
  std::vector<std::string> subscriptions_;
  bus::BusListener* listener_ = nullptr;
  std::unique_ptr<bus::PublishQueue> publisher_;

  mutable std::mutex mutex_;
  Current current_;  // Guarded by mutex_.

  std::thread supervisor_;
  std::thread deliverer_;
};

}  // namespace entitysync::bus_nats
