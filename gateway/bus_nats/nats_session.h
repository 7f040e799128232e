#pragma once

#include <absl/status/statusor.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "entitysync/gateway/publish_queue.h"
#include "gateway/base/log.h"
#include "gateway/bus/delivery_queue.h"
#include "gateway/bus_nats/event.h"
#include "gateway/bus_nats/nats_handles.h"

namespace entitysync::bus_nats {

using NatsInbox = bus::DeliveryQueue<NatsMessage>;

// One natsConnection with its subscriptions, from its making until cnats gives it up or we do. It
// reconnects by itself as long as cnats does.
//
// Owner and lifetime: shared by the link, whoever is calling it, and cnats, whose callbacks may run
//   after Close; the last of them lets go.
// Threading: any thread but cnats' own. Open, Publish, Flush and Close may block, within the
//   deadlines of the settings; so may the questions, while cnats writes or connects.
// Limits: `pending` per subscription, beyond which cnats throws messages away (see NewlyDropped).
// Errors: Open fails if there is no connection and cnats will not try again by itself.
class NatsSession {
 public:
  // `settings` are given their callbacks; `inbox` gets messages, and a wake when the connection
  // comes or goes.
  static absl::StatusOr<std::shared_ptr<NatsSession>> Open(
      natsOptions* settings, const std::vector<std::string>& subscriptions,
      bus::DeliveryLimits pending, std::shared_ptr<NatsInbox> inbox, base::Logger logger);

  bool IsConnected() const;
  // How often cnats connected again. Grows before anything is sent or heard on a new connection.
  uint64_t Reconnects() const;
  // Messages that cnats threw away since the last call. One thread at a time.
  uint64_t NewlyDropped();

  // Writes to the socket. Anything but OK: the message may or may not have gone out.
  natsStatus Publish(const bus::PublishQueue::Message& message);
  // Waits until the server has taken what was written, up to `bound`.
  void Flush(std::chrono::milliseconds bound);

  // Set when the session will not connect again: cnats gave up, or Fail was called.
  Event& ended() { return ended_; }
  void Fail() { ended_.Set(); }

  // Ends the connection. Once, before the owner lets go.
  void Close();

  NatsSession(std::shared_ptr<NatsInbox> inbox, base::Logger logger);

 private:
  // What cnats holds of a session: freed by the last callback of its kind.
  using Hold = std::shared_ptr<NatsSession>;

  static void SetCallbacks(natsOptions* settings, Hold* hold);
  absl::Status Subscribe(const std::string& subject, bus::DeliveryLimits pending, const Hold& self);

  static void OnMessage(natsConnection*, natsSubscription*, natsMsg* message, void* hold);
  static void OnSubscriptionEnd(void* hold);
  static void OnChange(natsConnection*, void* hold);
  static void OnEnd(natsConnection*, void* hold);
  static void OnError(natsConnection*, natsSubscription*, natsStatus error, void* hold);

  const std::shared_ptr<NatsInbox> inbox_;
  const base::Logger logger_;
  NatsConnection connection_;
  std::mutex mutex_;                             // Who polls for drops may meet Close.
  std::vector<NatsSubscription> subscriptions_;  // Guarded by mutex_ once it is listening.
  std::vector<int64_t> dropped_;                 // Per subscription, as told so far; likewise.
  Event ended_;
};

}  // namespace entitysync::bus_nats
