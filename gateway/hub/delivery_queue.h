#pragma once

#include <vector>

#include "gateway/base/executor.h"
#include "gateway/hub/delivery.h"

namespace entitysync::hub {

// Gathers what a shard delivers during one turn of its loop and hands it over with one post per
// worker.
//
// Owner and lifetime: a shard. Threading: the shard's loop.
// Limits: what one turn of the shard can produce: a state per answer that it took in.
class DeliveryQueue {
 public:
  DeliveryQueue(base::Executor& executor, std::vector<WorkerPort> workers);

  void Add(const StatePtr& state, const subs::SubscriberRef& receiver);

 private:
  void Flush();

  base::Executor& executor_;
  const std::vector<WorkerPort> workers_;
  std::vector<Deliveries> pending_;  // By worker.
  bool flush_scheduled_ = false;
};

}  // namespace entitysync::hub
