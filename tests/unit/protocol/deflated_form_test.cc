#include "gateway/protocol/deflated_form.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace entitysync::protocol {
namespace {

constexpr DeflateOptions kOptions{.level = 3, .min_bytes = 64};

Frame FrameOf(const std::string& payload) {
  std::string bytes;
  AppendMessage(FrameKind::kText, payload, bytes);
  return std::make_shared<const std::string>(std::move(bytes));
}

TEST(DeflatedFormTest, IsMadeOnceWhenFirstAskedFor) {
  Deflater deflater(kOptions);
  const Frame plain = FrameOf(std::string(1'000, 'x'));
  const DeflatedForm form;
  EXPECT_EQ(form.BytesBeside(plain), 0u);
  const Frame first = form.Of(plain, deflater);
  EXPECT_LT(first->size(), plain->size());
  EXPECT_EQ(form.Of(plain, deflater), first);
  EXPECT_EQ(deflater.totals().frames, 1u);
  EXPECT_GE(form.BytesBeside(plain), first->size());
}

TEST(DeflatedFormTest, WhatDoesNotGetShorterTakesNoMemory) {
  Deflater deflater(kOptions);
  const Frame plain = FrameOf("short");
  const DeflatedForm form;
  EXPECT_EQ(form.Of(plain, deflater), plain);
  EXPECT_EQ(form.BytesBeside(plain), 0u);
}

TEST(DeflatedFormTest, IsSharedWithAnotherOfTheSameFrameIfItIsMade) {
  Deflater deflater(kOptions);
  const Frame plain = FrameOf(std::string(1'000, 'x'));
  DeflatedForm early;
  DeflatedForm late;
  const DeflatedForm form;
  early.ShareWith(form);
  const Frame frame = form.Of(plain, deflater);
  late.ShareWith(form);
  EXPECT_EQ(late.Of(plain, deflater), frame);
  EXPECT_EQ(deflater.totals().frames, 1u);
  EXPECT_EQ(*early.Of(plain, deflater), *frame);
}

TEST(DeflatedFormTest, ThreadsThatAskTogetherGetTheSame) {
  const Frame plain = FrameOf(std::string(1'000'000, 'x'));
  for (int round = 0; round < 20; ++round) {
    const DeflatedForm form;
    std::vector<Frame> got(4);
    std::vector<uint64_t> made(4);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < got.size(); ++i) {
      threads.emplace_back([&, i] {
        Deflater deflater(kOptions);
        got[i] = form.Of(plain, deflater);
        made[i] = deflater.totals().frames;
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const Frame& frame : got) EXPECT_EQ(frame, got[0]);
    EXPECT_EQ(made[0] + made[1] + made[2] + made[3], 1u);
  }
}

}  // namespace
}  // namespace entitysync::protocol
