#include "bench/lib/frame_stream.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "gateway/base/random.h"

namespace entitysync::bench {
namespace {

using Messages = std::vector<std::pair<int, std::string>>;

// What is found in `bytes` if they come in pieces of at most `most` bytes.
Messages InPieces(const std::string& bytes, size_t most, base::Random& random) {
  FrameStream stream;
  Messages found;
  for (size_t at = 0; at < bytes.size();) {
    const size_t size = std::min(bytes.size() - at, 1 + random.Below(most));
    std::string piece = bytes.substr(at, size);
    EXPECT_TRUE(stream.Consume(piece, [&](const Frame& frame) {
      EXPECT_TRUE(frame.is_final);
      found.emplace_back(frame.opcode, frame.payload);
    }));
    at += size;
  }
  return found;
}

TEST(FrameStreamTest, FindsWhatWasAppendedHoweverItIsCutUp) {
  base::Random random(1);
  for (const bool masked : {false, true}) {
    Messages sent;
    std::string bytes;
    for (const size_t size : {0, 1, 125, 126, 127, 1'000, 65'535, 65'536, 100'000}) {
      std::string payload(size, ' ');
      for (char& byte : payload) byte = static_cast<char>(random.Next());
      AppendFrame(kBinaryFrame, masked, payload, bytes);
      sent.emplace_back(kBinaryFrame, payload);
      AppendFrame(kPingFrame, masked, "ping", bytes);
      sent.emplace_back(kPingFrame, "ping");
    }
    for (const size_t most : {1'000'000, 70'000, 1'000, 100}) {
      ASSERT_EQ(InPieces(bytes, most, random), sent) << "masked " << masked << ", " << most;
    }
  }
}

TEST(FrameStreamTest, ByteByByte) {
  std::string bytes;
  AppendFrame(kTextFrame, /*masked=*/true, "hello", bytes);
  AppendFrame(kTextFrame, /*masked=*/false, std::string(200, 'x'), bytes);
  base::Random random(1);
  EXPECT_EQ(InPieces(bytes, 1, random),
            (Messages{{kTextFrame, "hello"}, {kTextFrame, std::string(200, 'x')}}));
}

TEST(FrameStreamTest, AppendsTheBytesOfTheSpecification) {
  std::string bytes;
  AppendFrame(kTextFrame, /*masked=*/false, "Hello", bytes);  // RFC 6455, 5.7.
  EXPECT_EQ(bytes, "\x81\x05Hello");
}

TEST(FrameStreamTest, ReadsTheBytesOfTheSpecification) {
  std::string bytes = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
  Frame frame;
  EXPECT_EQ(FindFrame(bytes, frame), bytes.size());
  EXPECT_EQ(frame.payload, "Hello");
}

TEST(FrameStreamTest, TellsFragmentsAndCompressedMessages) {
  std::string bytes = "\x01\x03Hel";
  Frame frame;
  ASSERT_EQ(FindFrame(bytes, frame), bytes.size());
  EXPECT_FALSE(frame.is_final);
  EXPECT_FALSE(frame.is_compressed);
  bytes = "\xC1\x01x";
  ASSERT_EQ(FindFrame(bytes, frame), bytes.size());
  EXPECT_TRUE(frame.is_final);
  EXPECT_TRUE(frame.is_compressed);
}

TEST(FrameStreamTest, RefusesWhatIsNoFrame) {
  const auto is_refused = [](std::string bytes) {
    return !FrameStream().Consume(bytes, [](const Frame&) {});
  };
  EXPECT_TRUE(is_refused("HTTP/1.1 400 Bad Request\r\n\r\n"));
  EXPECT_TRUE(is_refused(std::string("\x82\x7f\x00\x00\x00\x10\x00\x00\x00\x00", 10)));
}

}  // namespace
}  // namespace entitysync::bench
