#include "bench/load/stream_publisher.h"

namespace entitysync::bench {

absl::StatusOr<std::unique_ptr<Publisher>> StreamPublisher::Connect(Gateways gateways) {
  std::unique_ptr<StreamPublisher> publisher(new StreamPublisher(std::move(gateways)));
  auto stubs = publisher->gateways_.Connect();
  if (!stubs.ok()) return stubs.status();
  publisher->stubs_ = *std::move(stubs);
  for (const auto& stub : publisher->stubs_) {
    publisher->streams_.push_back(
        std::make_unique<NotifyStream>(publisher->gateways_, *stub, publisher->calls_));
  }
  return std::unique_ptr<Publisher>(std::move(publisher));
}

}  // namespace entitysync::bench
