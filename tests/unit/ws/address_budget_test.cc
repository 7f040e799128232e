#include "gateway/ws/address_budget.h"

#include <gtest/gtest.h>

#include <string>

namespace entitysync::ws {
namespace {

ClientAddress Of(const std::string& text) {
  return ClientAddress(boost::asio::ip::make_address(text));
}

TEST(ClientAddressTest, AnIpv4AddressIsTheSameHoweverItIsWritten) {
  EXPECT_EQ(Of("192.0.2.1"), Of("::ffff:192.0.2.1"));
  EXPECT_NE(Of("192.0.2.1"), Of("192.0.2.2"));
}

TEST(ClientAddressTest, AWholeIpv6NetworkOfSixtyFourBitsIsOneClient) {
  EXPECT_EQ(Of("2001:db8:1:2::1"), Of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  EXPECT_NE(Of("2001:db8:1:2::1"), Of("2001:db8:1:3::1"));
  EXPECT_NE(Of("::1"), Of("0.0.0.1")) << "no IPv4 address is within an IPv6 network";
}

TEST(AddressBudgetTest, HoldsWhatEachAddressHasAndForgetsThoseWithNothing) {
  AddressBudget budget(2);
  const ClientAddress one = Of("192.0.2.1");
  const ClientAddress other = Of("2001:db8::1");
  EXPECT_TRUE(budget.TryAcquire(one));
  EXPECT_TRUE(budget.TryAcquire(one));
  EXPECT_FALSE(budget.TryAcquire(one));
  EXPECT_TRUE(budget.TryAcquire(other));
  EXPECT_EQ(budget.addresses(), 2u);
  budget.Release(one);
  EXPECT_TRUE(budget.TryAcquire(one));
  budget.Release(one);
  budget.Release(one);
  EXPECT_EQ(budget.addresses(), 1u);
}

}  // namespace
}  // namespace entitysync::ws
