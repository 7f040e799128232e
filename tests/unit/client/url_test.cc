#include "client-sdk/cpp/url.h"

#include <gtest/gtest.h>

namespace entitysync::client {
namespace {

TEST(UrlTest, Reads) {
  EXPECT_EQ(*ParseUrl("ws://host/ws/entity-sync/"),
            (Url{false, "host", "80", "host", "/ws/entity-sync/"}));
  EXPECT_EQ(*ParseUrl("HTTPS://example.org:8443?token=a#part"),
            (Url{true, "example.org", "8443", "example.org:8443", "/?token=a"}));
  EXPECT_EQ(*ParseUrl("wss://[::1]:9/a?b"), (Url{true, "::1", "9", "[::1]:9", "/a?b"}));
  EXPECT_EQ(*ParseUrl("ws://[::1]"), (Url{false, "::1", "80", "[::1]", "/"}));
}

TEST(UrlTest, RefusesWhatMakesNoSense) {
  for (const char* text :
       {"", "host", "ftp://host/", "ws://", "ws:///path", "ws://host:0/", "ws://host:65536/",
        "ws://host:x/", "ws://host:/", "ws://user@host/", "ws://[::1/", "ws://[]/",
        "ws://[::1]x:9/", "ws://host/a b", "ws://host/\r\n", "ws://h\xC3\xB6st/"}) {
    EXPECT_EQ(ParseUrl(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace entitysync::client
