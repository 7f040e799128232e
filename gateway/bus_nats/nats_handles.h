#pragma once

#include <nats/nats.h>

#include <memory>

namespace entitysync::bus_nats {

struct NatsDeleter {
  void operator()(natsMsg* message) const { natsMsg_Destroy(message); }
  void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
  void operator()(natsSubscription* subscription) const { natsSubscription_Destroy(subscription); }
  void operator()(natsConnection* connection) const { natsConnection_Destroy(connection); }
};

using NatsMessage = std::unique_ptr<natsMsg, NatsDeleter>;
using NatsOptions = std::unique_ptr<natsOptions, NatsDeleter>;
using NatsSubscription = std::unique_ptr<natsSubscription, NatsDeleter>;
using NatsConnection = std::unique_ptr<natsConnection, NatsDeleter>;

}  // namespace entitysync::bus_nats
