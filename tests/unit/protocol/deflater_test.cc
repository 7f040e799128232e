#include "gateway/protocol/deflater.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "gateway/protocol/inflater.h"

namespace entitysync::protocol {
namespace {

constexpr DeflateOptions kOptions{.level = 3, .min_bytes = 64};

Frame FrameOf(const std::vector<std::string>& payloads, FrameKind kind = FrameKind::kText) {
  std::string bytes;
  for (const std::string& payload : payloads) AppendMessage(kind, payload, bytes);
  return std::make_shared<const std::string>(std::move(bytes));
}

std::string Random(size_t size) {
  std::mt19937 random(1);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

bool IsDeflated(const MessageView& message) { return (message.bytes[0] & 0x40) != 0; }

// The payloads that a client makes of a frame.
std::vector<std::string> Received(const Frame& frame) {
  std::vector<std::string> payloads;
  Inflater inflater(1 << 24);
  std::string_view rest = *frame;
  while (!rest.empty()) {
    const MessageView message = TakeMessage(rest);
    if (IsDeflated(message)) {
      EXPECT_EQ(inflater.Inflate(message.payload), Inflater::Result::kOk);
    }
    payloads.emplace_back(IsDeflated(message) ? inflater.message() : message.payload);
  }
  return payloads;
}

TEST(DeflaterTest, EveryMessageIsCompressedByItselfAndKeepsItsKind) {
  Deflater deflater(kOptions);
  const std::vector<std::string> payloads = {std::string(500, 'a'), std::string(500, 'a'),
                                             std::string(300'000, 'b')};
  const Frame frame = deflater.Compress(FrameOf(payloads, FrameKind::kBinary));
  EXPECT_EQ(Received(frame), payloads);
  std::string_view rest = *frame;
  const MessageView first = TakeMessage(rest);
  const MessageView second = TakeMessage(rest);
  EXPECT_EQ(first.bytes, second.bytes) << "the second refers to the first";
  EXPECT_EQ(first.kind, FrameKind::kBinary);
  EXPECT_LT(frame->size(), 2'000u);
}

TEST(DeflaterTest, ShortMessagesStayAsTheyAreAmongOthers) {
  Deflater deflater(kOptions);
  const std::vector<std::string> payloads = {std::string(63, 'a'), std::string(64, 'a')};
  const Frame frame = deflater.Compress(FrameOf(payloads));
  std::string_view rest = *frame;
  EXPECT_FALSE(IsDeflated(TakeMessage(rest)));
  EXPECT_TRUE(IsDeflated(TakeMessage(rest)));
  EXPECT_EQ(Received(frame), payloads);
}

TEST(DeflaterTest, AFrameOfWhichNothingGetsShorterIsSharedAsItIs) {
  Deflater deflater(kOptions);
  for (const Frame& frame :
       {FrameOf({Random(5'000)}), FrameOf({std::string(63, 'a')}), FrameOf({""}), FrameOf({})}) {
    EXPECT_EQ(deflater.Compress(frame), frame);
  }
  EXPECT_EQ(deflater.totals().frames, 0u);
}

TEST(DeflaterTest, WhatIsNotCompressibleStaysAsItIsAmongOthers) {
  Deflater deflater(kOptions);
  const std::vector<std::string> payloads = {Random(5'000), std::string(5'000, 'a')};
  const Frame frame = deflater.Compress(FrameOf(payloads));
  std::string_view rest = *frame;
  EXPECT_FALSE(IsDeflated(TakeMessage(rest)));
  EXPECT_EQ(Received(frame), payloads);
}

// Clients may have offered a window of that much and no more.
TEST(DeflaterTest, NothingRefersFurtherBackThanTheWindow) {
  Deflater deflater(kOptions);
  const std::string block = Random(2'048);
  const std::string near = block + block;
  const std::string far = block + std::string(1 << kDeflateWindowBits, 'x') + block;
  EXPECT_LT(deflater.Compress(FrameOf({near}))->size(), block.size() + 200);
  EXPECT_GT(deflater.Compress(FrameOf({far}))->size(), 2 * block.size());
}

TEST(DeflaterTest, TotalsCountWhatGotShorter) {
  Deflater deflater(kOptions);
  const Frame plain = FrameOf({std::string(500, 'a')});
  const Frame frame = deflater.Compress(plain);
  EXPECT_EQ(deflater.totals().frames, 1u);
  EXPECT_EQ(deflater.totals().bytes_before, plain->size());
  EXPECT_EQ(deflater.totals().bytes_after, frame->size());
}

TEST(DeflaterTest, AllSizesAroundTheLengthFormsComeBack) {
  Deflater deflater({.level = 1, .min_bytes = 0});
  std::mt19937 random(7);
  for (size_t size = 0; size < 600; ++size) {
    std::string payload(size, '\0');
    for (char& byte : payload) byte = static_cast<char>('a' + random() % 4);
    EXPECT_EQ(Received(deflater.Compress(FrameOf({payload}))), std::vector{payload}) << size;
  }
}

}  // namespace
}  // namespace entitysync::protocol
