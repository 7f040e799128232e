#pragma once

#include <grpcpp/support/status.h>

#include <atomic>
#include <cstddef>
#include <string>

#include "gateway/base/log.h"
#include "gateway/base/time.h"

namespace entitysync::fetch_grpc {

// How many questions an application takes in one call, as far as its answers have shown.
//
// Purpose: who does not implement FetchEntities, or answers more than can be received, is not asked
//   in vain with each call; but asked again after a pause, because it may be another by then.
// Owner and lifetime: shared by a GrpcTarget and its calls.
// Threading: any thread; lock-free.
// Limits: 1 to kMaxBatchItems.
// Errors: none.
class BatchLimit {
 public:
  BatchLimit(std::string target, base::Duration pause, base::Logger log);

  size_t items() const;

  // A call of so many questions ended. True: it did because they were too many, and they are to be
  // asked one by one.
  bool Learn(const grpc::Status& status, size_t items);

 private:
  void Lower(size_t items);

  const std::string target_;
  const base::Duration pause_;
  const base::Logger log_;
  std::atomic<bool> was_unimplemented_ = false;
  // What holds until that time.
  std::atomic<size_t> lowered_ = 1;
  std::atomic<base::TimePoint> until_ = base::TimePoint::min();
};

}  // namespace entitysync::fetch_grpc
