#include "gateway/front/stream_registry.h"

#include <absl/strings/str_cat.h>

#include <vector>

#include "gateway/front/notify_stream.h"

namespace entitysync::front {
namespace {

absl::Status Leaving() {
  return absl::UnavailableError(
      "this replica is shutting down: send what was not acknowledged again on another stream");
}

}  // namespace

absl::Status StreamRegistry::Enter(const std::shared_ptr<NotifyStream>& stream) {
  const base::MutexLock lock(mutex_);
  if (is_closed_) return Leaving();
  if (streams_.size() >= max_streams_) {
    metrics_.streams_full.Increment();
    return absl::UnavailableError(absl::StrCat(
        "this replica has ", max_streams_,
        " streams, the limit of front.max_streams: let one process share one, or try later"));
  }
  streams_.emplace(stream.get(), stream);
  metrics_.streams.Increment();
  return absl::OkStatus();
}

void StreamRegistry::Leave(const NotifyStream& stream) {
  const base::MutexLock lock(mutex_);
  streams_.erase(&stream);
  metrics_.streams.Decrement();
}

void StreamRegistry::CloseAll() {
  std::vector<std::shared_ptr<NotifyStream>> open;
  {
    const base::MutexLock lock(mutex_);
    is_closed_ = true;
    for (const auto& [pointer, stream] : streams_) {
      if (auto locked = stream.lock()) open.push_back(std::move(locked));
    }
  }
  for (const auto& stream : open) stream->End(Leaving());
}

}  // namespace entitysync::front
