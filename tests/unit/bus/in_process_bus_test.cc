#include "gateway/bus/in_process_bus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <utility>

#include "entitysync/gateway/bus_contract.h"

namespace entitysync::bus {
namespace {

ContractBus NewContractBus() {
  auto bus = std::make_shared<InProcessBus>();
  return {.new_link = [bus] { return std::make_unique<InProcessLink>(*bus); },
          .cut = [bus] { bus->Cut(); },
          .restore = [bus] { bus->Restore(); }};
}

INSTANTIATE_TEST_SUITE_P(InProcess, BusContract,
                         ::testing::Values(BusContractParam{"InProcess", NewContractBus}),
                         BusContractName);

TEST(InProcessLink, ASlowListenerLosesOnlyItsOwnMessagesAndIsToldHowMany) {
  InProcessBus bus;
  ContractClient slow(std::make_unique<InProcessLink>(bus, DeliveryLimits{.max_messages = 10}),
                      "sync");
  ContractClient quick(std::make_unique<InProcessLink>(bus), "sync");
  ASSERT_TRUE(slow.Start({"a"}).ok());
  ASSERT_TRUE(quick.Start({"a"}).ok());
  ASSERT_TRUE(slow.WaitForConnects(1));
  ASSERT_TRUE(quick.WaitForConnects(1));

  std::latch entered(1);
  std::latch go(1);
  slow.SetReaction([&](const ContractMessage& message) {
    if (message.payload != "0") return;
    entered.count_down();
    go.wait();
  });
  ASSERT_TRUE(quick.Publish("a", "0").ok());
  entered.wait();
  for (int i = 1; i < 100; ++i) ASSERT_TRUE(quick.Publish("a", std::to_string(i)).ok());
  ASSERT_TRUE(quick.WaitForMessages(100));
  go.count_down();

  ASSERT_TRUE(slow.WaitForDropped(90));
  ASSERT_TRUE(slow.WaitForMessages(10));
  ASSERT_TRUE(slow.WaitForEcho());
  EXPECT_EQ(slow.Record().dropped, 90u);
  EXPECT_EQ(slow.Messages().size(), 10u);
  EXPECT_EQ(quick.Record().dropped, 0u);
}

TEST(InProcessLink, ASubscriptionThatOverlapsAnotherHearsOnce) {
  InProcessBus bus;
  ContractClient client(std::make_unique<InProcessLink>(bus), "sync");
  ASSERT_TRUE(client.Start({"a.>", "a.b"}).ok());
  ASSERT_TRUE(client.WaitForConnects(1));
  ASSERT_TRUE(client.Publish("a.b", "x").ok());
  ASSERT_TRUE(client.WaitForEcho());
  EXPECT_EQ(client.Messages().size(), 1u);
}

}  // namespace
}  // namespace entitysync::bus
