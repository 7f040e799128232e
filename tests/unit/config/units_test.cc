#include "gateway/config/units.h"

#include <gtest/gtest.h>

namespace entitysync::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Units, DurationsHaveAUnit) {
  EXPECT_EQ(*ParseDuration("250ms"), milliseconds(250));
  EXPECT_EQ(*ParseDuration("2s"), seconds(2));
  EXPECT_EQ(*ParseDuration("5m"), minutes(5));
  EXPECT_EQ(*ParseDuration("1h"), hours(1));
  EXPECT_EQ(*ParseDuration("0"), seconds(0));
  for (const char* wrong : {"", "5", "s", "-1s", "1.5s", "5 s", "5sec", "1s2ms", "+1s",
                            "9223372036854775807h", "99999999999999999999s"}) {
    EXPECT_FALSE(ParseDuration(wrong).ok()) << wrong;
  }
}

TEST(Units, DurationsArePrintedInTheLargestUnitThatFits) {
  EXPECT_EQ(FormatDuration(milliseconds(250)), "250ms");
  EXPECT_EQ(FormatDuration(milliseconds(1'500)), "1500ms");
  EXPECT_EQ(FormatDuration(seconds(300)), "5m");
  EXPECT_EQ(FormatDuration(seconds(0)), "0s");
}

TEST(Units, SizesAreBytesOrHaveABinaryUnit) {
  EXPECT_EQ(*ParseBytes("512"), 512u);
  EXPECT_EQ(*ParseBytes("64KiB"), 65'536u);
  EXPECT_EQ(*ParseBytes("1MiB"), 1'048'576u);
  EXPECT_EQ(*ParseBytes("2GiB"), size_t{2} << 30);
  for (const char* wrong : {"", "KiB", "1KB", "1k", "-5", "1.5MiB", "9223372036854775807GiB"}) {
    EXPECT_FALSE(ParseBytes(wrong).ok()) << wrong;
  }
  EXPECT_EQ(FormatBytes(65'536), "64KiB");
  EXPECT_EQ(FormatBytes(1'000), "1000B");
}

TEST(Units, ListenersAreAddressesNotNames) {
  EXPECT_EQ(*ParseListenAddress("127.0.0.1:8081"), (ListenAddress{"127.0.0.1", 8081}));
  EXPECT_EQ(*ParseListenAddress("[::1]:0"), (ListenAddress{"::1", 0}));
  EXPECT_EQ(*ParseListenAddress("localhost:80"), (ListenAddress{"127.0.0.1", 80}));
  EXPECT_EQ(ParseListenAddress("[::1]:80")->ToString(), "[::1]:80");
  for (const char* wrong :
       {"", "8081", ":8081", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:http",
        "::1:80", "[]:80", "example.com:80", "256.0.0.1:80"}) {
    EXPECT_FALSE(ParseListenAddress(wrong).ok()) << wrong;
  }
}

TEST(Units, LoopbackIsNotReachableFromOutside) {
  EXPECT_TRUE(IsLoopback("127.0.0.1"));
  EXPECT_TRUE(IsLoopback("127.8.8.8"));
  EXPECT_TRUE(IsLoopback("::1"));
  EXPECT_FALSE(IsLoopback("0.0.0.0"));
  EXPECT_FALSE(IsLoopback("::"));
  EXPECT_FALSE(IsLoopback("10.0.0.1"));
}

}  // namespace
}  // namespace entitysync::config
