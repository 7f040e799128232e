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

TEST(FrameTest, TheDeflatedFormSetsTheFirstReservedBit) {
  std::string out;
  AppendMessage(FrameKind::kText, "hi", out, PayloadForm::kDeflated);
  EXPECT_EQ(out, std::string("\xC1\x02hi"));
}

TEST(FrameTest, MessagesAreTakenOffOneByOne) {
  const std::string long_payload(70'000, 'x');
  const std::string bytes = Message(FrameKind::kText, "") +
                            Message(FrameKind::kBinary, long_payload) +
                            Message(FrameKind::kText, std::string(300, 'y'));
  std::string_view rest = bytes;
  EXPECT_EQ(TakeMessage(rest).payload, "");
  const MessageView second = TakeMessage(rest);
  EXPECT_EQ(second.kind, FrameKind::kBinary);
  EXPECT_EQ(second.payload, long_payload);
  EXPECT_EQ(second.bytes, Message(FrameKind::kBinary, long_payload));
  const MessageView third = TakeMessage(rest);
  EXPECT_EQ(third.kind, FrameKind::kText);
  EXPECT_EQ(third.payload, std::string(300, 'y'));
  EXPECT_TRUE(rest.empty());
}

}  // namespace
}  // namespace entitysync::protocol
