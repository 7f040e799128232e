#pragma once

#include <cstdint>
#include <vector>

#include "gateway/base/executor.h"
#include "gateway/hub/state.h"
#include "gateway/subs/subscriber.h"

namespace entitysync::hub {

// What one turn of a shard brings one worker: states, and who gets each.
struct Deliveries {
  struct Part {
    StatePtr state;
    uint32_t end;  // Its receivers stand before here, behind those of the part before.
  };

  void Add(const StatePtr& state, const subs::SubscriberRef& receiver) {
    if (parts.empty() || parts.back().state != state) parts.push_back({state, 0});
    receivers.push_back(receiver);
    parts.back().end = static_cast<uint32_t>(receivers.size());
  }

  bool empty() const { return parts.empty(); }

  std::vector<Part> parts;
  std::vector<subs::SubscriberRef> receivers;
};

// Takes deliveries on a worker's loop; implemented by the worker's sessions.
class DeliveryReceiver {
 public:
  virtual ~DeliveryReceiver() = default;

  // A receiver whose subscription ended meanwhile is skipped; one whose credential changed asks
  // again (Subscriptions::Refresh). States of one key arrive in order.
  virtual void OnDeliveries(const Deliveries& deliveries) = 0;
};

// Where a worker's sessions are reached. Both outlive the hub.
struct WorkerPort {
  base::Executor* executor = nullptr;
  DeliveryReceiver* receiver = nullptr;
};

}  // namespace entitysync::hub
