#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>

#include <cstddef>
#include <memory>

#include "gateway/base/mutex.h"
#include "gateway/metrics/metrics.h"

namespace entitysync::front {

class NotifyStream;

// The streams that are open.
//
// Purpose: bounds their number, and ends them all when the front stops.
// Owner and lifetime: NotifyService; outlives the streams, each of which leaves when gRPC is done.
// Threading: any thread.
// Limits: max_streams. Errors: UNAVAILABLE for one too many, and once the front stops.
class StreamRegistry {
 public:
  StreamRegistry(size_t max_streams, metrics::FrontMetrics& metrics)
      : max_streams_(max_streams), metrics_(metrics) {}

  absl::Status Enter(const std::shared_ptr<NotifyStream>& stream);
  void Leave(const NotifyStream& stream);

  // Asks all to end when what they have read is settled, and lets no more in.
  void CloseAll();

 private:
  const size_t max_streams_;
  metrics::FrontMetrics& metrics_;
  base::Mutex mutex_;
  bool is_closed_ ENTITYSYNC_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<const NotifyStream*, std::weak_ptr<NotifyStream>> streams_
      ENTITYSYNC_GUARDED_BY(mutex_);
};

}  // namespace entitysync::front
