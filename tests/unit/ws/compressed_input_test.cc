#include "gateway/ws/compressed_input.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace entitysync::ws {
namespace {

// A client's frame, its mask all zero.
std::string Frame(int first_byte, const std::string& payload) {
  std::string frame(1, static_cast<char>(first_byte));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else if (payload.size() < 65'536) {
    frame += '\xFE';
    for (const int shift : {8, 0}) frame += static_cast<char>(payload.size() >> shift);
  } else {
    frame += '\xFF';
    for (int shift = 56; shift >= 0; shift -= 8)
      frame += static_cast<char>(payload.size() >> shift);
  }
  return frame + std::string(4, '\0') + payload;
}

// A message as it was passed on.
struct Passed {
  std::string bytes;
  bool is_compressed;
  bool is_text;
};

// Passes `bytes` on in pieces of `chunk`, and takes a message whenever Pass stops within one.
std::vector<Passed> PassAll(std::string bytes, size_t chunk) {
  CompressedInput input;
  std::vector<Passed> messages;
  std::string passed;
  for (size_t at = 0; at < bytes.size();) {
    const size_t size = std::min(chunk, bytes.size() - at);
    const size_t went = input.Pass({reinterpret_cast<uint8_t*>(bytes.data()) + at, size});
    passed += bytes.substr(at, went);
    at += went;
    if (went == size && at < bytes.size()) continue;
    messages.push_back({std::exchange(passed, ""), input.is_compressed(), input.is_text()});
  }
  return messages;
}

TEST(CompressedInputTest, PlainMessagesPassUnchanged) {
  for (const int first : {0x81, 0x82}) {
    const std::string frame = Frame(first, "hello");
    const auto messages = PassAll(frame, frame.size());
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].bytes, frame);
    EXPECT_FALSE(messages[0].is_compressed);
  }
}

TEST(CompressedInputTest, ACompressedMessageBecomesABinaryOneAndIsTold) {
  for (const size_t size : {0, 5, 125, 126, 300, 65'535, 65'536, 70'000}) {
    const std::string payload(size, 'x');
    const std::string bytes = Frame(0xC1, payload);
    const auto messages = PassAll(bytes, bytes.size());
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].bytes, Frame(0x82, payload));
    EXPECT_TRUE(messages[0].is_compressed);
    EXPECT_TRUE(messages[0].is_text);
  }
  EXPECT_FALSE(PassAll(Frame(0xC2, "x"), 100)[0].is_text);
}

TEST(CompressedInputTest, FragmentsAreOneMessageWithControlFramesBetween) {
  const std::string bytes =
      Frame(0x41, "a") + Frame(0x89, "ping") + Frame(0x00, "b") + Frame(0x80, "");
  const auto messages = PassAll(bytes, bytes.size());
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].bytes,
            Frame(0x02, "a") + Frame(0x89, "ping") + Frame(0x00, "b") + Frame(0x80, ""));
  EXPECT_TRUE(messages[0].is_compressed);
}

TEST(CompressedInputTest, StopsBehindEveryMessage) {
  const std::string bytes = Frame(0xC1, "a") + Frame(0x81, "b") + Frame(0xC2, "") +
                            Frame(0x8A, "pong") + Frame(0x82, "c") + Frame(0xC1, "d");
  CompressedInput input;
  std::string copy = bytes;
  EXPECT_EQ(input.Pass({reinterpret_cast<uint8_t*>(copy.data()), copy.size()}), 7u);
  EXPECT_TRUE(input.is_compressed());
  const auto messages = PassAll(bytes, bytes.size());
  ASSERT_EQ(messages.size(), 5u);
  EXPECT_TRUE(messages[0].is_compressed);
  EXPECT_FALSE(messages[1].is_compressed);
  EXPECT_TRUE(messages[2].is_compressed);
  EXPECT_EQ(messages[3].bytes, Frame(0x8A, "pong") + Frame(0x82, "c"));
  EXPECT_FALSE(messages[3].is_compressed);
  EXPECT_TRUE(messages[4].is_compressed);
}

TEST(CompressedInputTest, ThePiecesInWhichBytesComeMakeNoDifference) {
  std::string bytes = Frame(0x41, std::string(300, 'x')) + Frame(0x89, "") + Frame(0x80, "y");
  std::string expected = Frame(0x02, std::string(300, 'x')) + Frame(0x89, "") + Frame(0x80, "y");
  bytes += Frame(0xC2, std::string(70'000, 'z'));
  expected += Frame(0x82, std::string(70'000, 'z'));
  for (const size_t chunk : {1, 2, 3, 7, 300, 1536}) {
    std::string all;
    for (const Passed& message : PassAll(bytes, chunk)) all += message.bytes;
    EXPECT_EQ(all, expected) << chunk;
  }
}

TEST(CompressedInputTest, WhatBeastMustRefuseIsLeftAsItIs) {
  // The bit on a control frame, on a continuation, and the other reserved bits.
  for (const int first : {0xC9, 0xC8, 0xC0, 0xA1, 0x91, 0xC3}) {
    const std::string frame = Frame(first, "x");
    EXPECT_EQ(PassAll(frame, frame.size())[0].bytes, frame) << first;
  }
  EXPECT_EQ(PassAll(Frame(0xE1, "x"), 100)[0].bytes, Frame(0xA2, "x"));
}

}  // namespace
}  // namespace entitysync::ws
