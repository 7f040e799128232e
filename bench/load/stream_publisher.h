#pragma once

#include "bench/load/gateway_publisher.h"
#include "bench/load/notify_stream.h"

namespace entitysync::bench {

// Notifies gateways over one stream each, in turn, as a producer of many changes would. Made by
// ConnectTo.
class StreamPublisher final : public GatewayPublisher {
 public:
  StreamPublisher(Gateways gateways, std::vector<std::unique_ptr<Gateways::Stub>> stubs);
  ~StreamPublisher() override { calls_.WaitForAll(); }

  void Notify(std::span<const Changed> changes) override;

 private:
  std::vector<std::unique_ptr<NotifyStream>> streams_;
};

}  // namespace entitysync::bench
