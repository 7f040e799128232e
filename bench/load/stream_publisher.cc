#include "bench/load/stream_publisher.h"

namespace entitysync::bench {

StreamPublisher::StreamPublisher(Gateways gateways,
                                 std::vector<std::unique_ptr<Gateways::Stub>> stubs)
    : GatewayPublisher(std::move(gateways), std::move(stubs)) {
  for (const auto& stub : stubs_) {
    streams_.push_back(std::make_unique<NotifyStream>(gateways_, *stub, calls_));
  }
}

void StreamPublisher::Notify(std::span<const Changed> changes) {
  calls_.Begin();
  streams_[NextTurn()]->Send(changes);
}

}  // namespace entitysync::bench
