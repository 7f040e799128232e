// The contract of BusLink on a real server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "entitysync/gateway/bus_contract.h"
#include "gateway/bus_nats/nats_link.h"
#include "tests/testing/nats_server.h"

namespace entitysync::bus {
namespace {

using testing::NatsServer;

ContractBus NewContractBus() {
  auto server = std::make_shared<NatsServer>();
  return {.new_link =
              [server] {
                bus_nats::NatsLinkOptions options;
                options.urls = {server->Url()};
                return std::make_unique<bus_nats::NatsLink>(options, base::NullLogger());
              },
          .cut = [server] { server->Kill(); },
          .restore = [server] { EXPECT_TRUE(server->Start()); }};
}

INSTANTIATE_TEST_SUITE_P(Nats, BusContract,
                         ::testing::Values(BusContractParam{"Nats", NewContractBus}),
                         BusContractName);

}  // namespace
}  // namespace entitysync::bus
