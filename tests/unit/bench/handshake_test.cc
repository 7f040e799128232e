#include "bench/lib/handshake.h"

#include <gtest/gtest.h>

namespace entitysync::bench {
namespace {

TEST(HandshakeTest, AcceptsTheKeyOfTheSpecification) {
  EXPECT_EQ(AcceptFor("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(HandshakeTest, FindsHeadersInAnyCase) {
  const std::string head =
      "GET /key: HTTP/1.1\r\nHost: here\r\nSEC-WebSocket-Key:\t abc \r\nLast:\r\n\r\n";
  EXPECT_EQ(HeaderOf(head, "host"), "here");
  EXPECT_EQ(HeaderOf(head, "sec-websocket-key"), "abc");
  EXPECT_EQ(HeaderOf(head, "last"), "");
  EXPECT_EQ(HeaderOf(head, "get /key"), std::nullopt);
  EXPECT_EQ(HeaderOf(head, "sec-websocket"), std::nullopt);
}

}  // namespace
}  // namespace entitysync::bench
