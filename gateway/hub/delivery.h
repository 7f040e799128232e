#pragma once

#include <vector>

#include "gateway/base/executor.h"
#include "gateway/hub/state.h"
#include "gateway/subs/subscriber.h"

namespace entitysync::hub {

// A state and who on one worker gets it.
struct Delivery {
  StatePtr state;
  std::vector<subs::SubscriberRef> receivers;
};

// Takes deliveries on a worker's loop; implemented by the worker's sessions.
class DeliveryReceiver {
 public:
  virtual ~DeliveryReceiver() = default;

  // A receiver whose subscription ended meanwhile is skipped; one whose credential changed asks
  // again (Subscriptions::Refresh). States of one key arrive in order.
  virtual void OnDeliveries(std::vector<Delivery> deliveries) = 0;
};

// Where a worker's sessions are reached. Both outlive the hub.
struct WorkerPort {
  base::Executor* executor = nullptr;
  DeliveryReceiver* receiver = nullptr;
};

}  // namespace entitysync::hub
