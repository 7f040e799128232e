#include "gateway/protocol/frame.h"

#include <gtest/gtest.h>

#include <string>

namespace entitysync::protocol {
namespace {

std::string Message(FrameKind kind, const std::string& payload) {
  std::string out;
  AppendMessage(kind, payload, out);
  return out;
}

TEST(FrameTest, TextAndBinaryCarryTheirOpcodeAndFin) {
  EXPECT_EQ(Message(FrameKind::kText, "hi"), std::string("\x81\x02hi"));
  EXPECT_EQ(Message(FrameKind::kBinary, ""), std::string("\x82\x00", 2));
}

// RFC 6455 section 5.2: the shortest of the three length forms must be used.
TEST(FrameTest, LengthTakesTheShortestForm) {
  const auto header = [](size_t size) {
    return Message(FrameKind::kText, std::string(size, 'x'))
        .substr(1, MessageBytes(size) - size - 1);
  };
  EXPECT_EQ(header(125), std::string("\x7D"));
  EXPECT_EQ(header(126), std::string("\x7E\x00\x7E", 3));
  EXPECT_EQ(header(65535), std::string("\x7E\xFF\xFF", 3));
  EXPECT_EQ(header(65536), std::string("\x7F\x00\x00\x00\x00\x00\x01\x00\x00", 9));
}

TEST(FrameTest, MessageBytesIsWhatAppendMessageAppends) {
  for (const size_t size : {0, 1, 125, 126, 127, 65535, 65536, 1 << 20}) {
    EXPECT_EQ(Message(FrameKind::kText, std::string(size, 'x')).size(), MessageBytes(size));
  }
}

}  // namespace
}  // namespace entitysync::protocol
