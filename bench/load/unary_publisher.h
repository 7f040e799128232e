#pragma once

#include "bench/load/gateway_publisher.h"

namespace entitysync::bench {

// Calls NotifyChange of gateways, in turn, as an application would. Made by ConnectTo.
class UnaryPublisher final : public GatewayPublisher {
 public:
  using GatewayPublisher::GatewayPublisher;
  ~UnaryPublisher() override { calls_.WaitForAll(); }

  void Notify(std::span<const Changed> changes) override;

 private:
  struct Call;
};

}  // namespace entitysync::bench
