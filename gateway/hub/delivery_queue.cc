#include "gateway/hub/delivery_queue.h"

#include <utility>

namespace entitysync::hub {

DeliveryQueue::DeliveryQueue(base::Executor& executor, std::vector<WorkerPort> workers)
    : executor_(executor), workers_(std::move(workers)), pending_(workers_.size()) {}

void DeliveryQueue::Add(const StatePtr& state, const subs::SubscriberRef& receiver) {
  pending_[subs::WorkerOf(receiver.id)].Add(state, receiver);
  if (flush_scheduled_) return;
  flush_scheduled_ = true;
  executor_.AtTurnEnd([this] { Flush(); });
}

void DeliveryQueue::Flush() {
  flush_scheduled_ = false;
  for (size_t i = 0; i < pending_.size(); ++i) {
    if (pending_[i].empty()) continue;
    workers_[i].executor->Post(
        [receiver = workers_[i].receiver, deliveries = std::exchange(pending_[i], {})] {
          receiver->OnDeliveries(deliveries);
        });
  }
}

}  // namespace entitysync::hub
