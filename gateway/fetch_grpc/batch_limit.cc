#include "gateway/fetch_grpc/batch_limit.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "gateway/fetch_grpc/answers.h"
#include "gateway/fetch_grpc/options.h"

namespace entitysync::fetch_grpc {

BatchLimit::BatchLimit(std::string target, base::Duration pause, base::Logger log)
    : target_(std::move(target)), pause_(pause), log_(std::move(log)) {}

size_t BatchLimit::items() const {
  const base::TimePoint until = until_.load(std::memory_order_acquire);
  if (until == base::TimePoint::min() || std::chrono::steady_clock::now() >= until) {
    return kMaxBatchItems;
  }
  return lowered_.load(std::memory_order_relaxed);
}

bool BatchLimit::Learn(const grpc::Status& status, size_t items) {
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    Lower(1);
    if (was_unimplemented_.exchange(true)) return true;  // Said once, not every minute.
    log_->info("target \"{}\" does not implement FetchEntities: its entities are asked one by one",
               target_);
    return true;
  }
  if (!IsOverReceiveLimit(status)) return false;
  Lower(std::max<size_t>(1, items / 2));
  return true;
}

void BatchLimit::Lower(size_t items) {
  lowered_.store(items, std::memory_order_relaxed);
  until_.store(std::chrono::steady_clock::now() + pause_, std::memory_order_release);
}

}  // namespace entitysync::fetch_grpc
