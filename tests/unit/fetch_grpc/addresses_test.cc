#include "gateway/fetch_grpc/addresses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace entitysync::fetch_grpc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ErrorOf(const std::vector<std::string>& addresses) {
  const auto targets = ParseAddresses(addresses);
  EXPECT_EQ(targets.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(targets.status().message());
}

TEST(AddressesTest, AGrpcTargetIsTakenAsItIs) {
  for (const char* target : {"dns:///app:9000", "ipv4:10.0.0.1:9000,10.0.0.2:9001",
                             "unix:/run/app.sock", "ipv6:[::1]:9000", "dns:app:9000"}) {
    const auto targets = ParseAddresses({target});
    ASSERT_TRUE(targets.ok()) << targets.status();
    EXPECT_THAT(*targets, ElementsAre(target));
  }
}

TEST(AddressesTest, NamesAndLiteralsMayBeMixedInAList) {
  const auto targets = ParseAddresses({"app-1:9000", "10.0.0.2:9001", "[::1]:9002"});
  ASSERT_TRUE(targets.ok()) << targets.status();
  EXPECT_THAT(*targets, ElementsAre("dns:///app-1:9000", "ipv4:10.0.0.2:9001", "ipv6:[::1]:9002"));
}

TEST(AddressesTest, WhatCannotWorkIsRefusedByName) {
  EXPECT_THAT(ErrorOf({}), HasSubstr("1 to 64 addresses"));
  EXPECT_THAT(ErrorOf(std::vector<std::string>(65, "app:9000")), HasSubstr("not 65"));
  EXPECT_THAT(ErrorOf({"app"}), HasSubstr("\"app\": write host:port"));
  EXPECT_THAT(ErrorOf({"::1:9000"}), HasSubstr("[IPv6 address]:port"));
  EXPECT_THAT(ErrorOf({"app:0"}), HasSubstr("from 1 to 65535"));
  EXPECT_THAT(ErrorOf({"app:65536"}), HasSubstr("from 1 to 65535"));
  EXPECT_THAT(ErrorOf({"app:"}), HasSubstr("from 1 to 65535"));
  EXPECT_THAT(ErrorOf({":9000"}), HasSubstr("neither a name nor an IP address"));
  EXPECT_THAT(ErrorOf({"my app:9000"}), HasSubstr("neither a name nor an IP address"));
  EXPECT_THAT(ErrorOf({"http://app:9000"}), HasSubstr("unknown scheme"));
  EXPECT_THAT(ErrorOf({"app:9000", "dns:///b:1"}), HasSubstr("stands alone"));
}

}  // namespace
}  // namespace entitysync::fetch_grpc
