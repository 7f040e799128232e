#include "gateway/fetch_grpc/calls.h"

#include <vector>

namespace entitysync::fetch_grpc {

void CallRegistry::Add(const std::shared_ptr<RunningCall>& call) {
  bool cancelled;
  {
    const std::lock_guard lock(mutex_);
    calls_.emplace(call.get(), call);
    cancelled = cancelled_;
  }
  if (cancelled) call->context().TryCancel();
}

void CallRegistry::Remove(const RunningCall* call) {
  const std::lock_guard lock(mutex_);
  calls_.erase(call);
  if (calls_.empty()) changed_.notify_all();
}

void CallRegistry::CancelAll() {
  std::vector<std::shared_ptr<RunningCall>> running;
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    running.reserve(calls_.size());
    for (const auto& [unused, weak] : calls_) {
      if (std::shared_ptr<RunningCall> call = weak.lock()) running.push_back(std::move(call));
    }
  }
  // Outside the lock: ending a call takes it.
  for (const std::shared_ptr<RunningCall>& call : running) call->context().TryCancel();
}

bool CallRegistry::WaitUntilNone(base::Duration bound) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, bound, [this] { return calls_.empty(); });
}

}  // namespace entitysync::fetch_grpc
