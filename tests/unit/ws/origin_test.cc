#include "gateway/ws/origin.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace entitysync::ws {
namespace {

const std::vector<std::string> kNone;

TEST(OriginTest, ThePageOfTheSameHostMayAlwaysConnect) {
  EXPECT_TRUE(IsOriginAllowed("https://shop.example.com", "shop.example.com", kNone));
  EXPECT_TRUE(IsOriginAllowed("http://localhost:8080", "localhost:8080", kNone));
  EXPECT_TRUE(IsOriginAllowed("http://[::1]:8080", "[::1]:8080", kNone));
  EXPECT_TRUE(IsOriginAllowed("HTTPS://Shop.Example.com", "shop.example.COM", kNone));
}

TEST(OriginTest, DefaultPortsMayBeWrittenOrLeftOut) {
  EXPECT_TRUE(IsOriginAllowed("https://a.example", "a.example:443", kNone));
  EXPECT_TRUE(IsOriginAllowed("http://a.example", "a.example:80", kNone));
  EXPECT_FALSE(IsOriginAllowed("http://a.example", "a.example:443", kNone));
  EXPECT_TRUE(IsOriginAllowed("https://b.example:443", "a.example", {{"https://b.example"}}));
}

TEST(OriginTest, OtherPagesMayNot) {
  EXPECT_FALSE(IsOriginAllowed("https://evil.example", "shop.example.com", kNone));
  EXPECT_FALSE(IsOriginAllowed("https://shop.example.com.evil.example", "shop.example.com", kNone));
  EXPECT_FALSE(IsOriginAllowed("https://evil.example/shop.example.com", "shop.example.com", kNone));
  EXPECT_FALSE(IsOriginAllowed("http://shop.example.com:8080", "shop.example.com", kNone));
  EXPECT_FALSE(IsOriginAllowed("null", "shop.example.com", kNone));
  EXPECT_FALSE(IsOriginAllowed("null", "null", kNone));
  EXPECT_FALSE(IsOriginAllowed("", "", kNone));
}

TEST(OriginTest, ListedOriginsMayAndTheirSchemeCounts) {
  const std::vector<std::string> allowed = {"https://app.example", "https://other.example/"};
  EXPECT_TRUE(IsOriginAllowed("https://app.example", "gateway.example", allowed));
  EXPECT_TRUE(IsOriginAllowed("https://other.example", "gateway.example", allowed));
  EXPECT_FALSE(IsOriginAllowed("http://app.example", "gateway.example", allowed));
  EXPECT_FALSE(IsOriginAllowed("https://app.example.evil.example", "gateway.example", allowed));
}

TEST(OriginTest, AStarAllowsEveryPage) {
  EXPECT_TRUE(IsOriginAllowed("https://anything.example", "gateway.example", {{"*"}}));
  EXPECT_TRUE(IsOriginAllowed("null", "gateway.example", {{"*"}}));
}

}  // namespace
}  // namespace entitysync::ws
