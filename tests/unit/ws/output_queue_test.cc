#include "gateway/ws/output_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

namespace entitysync::ws {
namespace {

protocol::LocalFramePtr FrameOf(std::string bytes) {
  return new protocol::LocalFrame(std::make_shared<const std::string>(std::move(bytes)));
}

// What a write of everything would put on the wire.
std::string Wire(const OutputQueue& queue) {
  std::array<iovec, 64> segments;
  std::string wire;
  const size_t count = queue.Gather(segments);
  for (size_t i = 0; i < count; ++i) {
    wire.append(static_cast<const char*>(segments[i].iov_base), segments[i].iov_len);
  }
  return wire;
}

TEST(OutputQueueTest, KeepsOneOrderForAllKindsOfBytes) {
  OutputQueue queue;
  queue.PushFrame(FrameOf("frame "));
  queue.PushBorrowed("pong ", 5, true);
  queue.PushPing(FrameOf("ping"));
  EXPECT_EQ(Wire(queue), "frame pong ping");
  EXPECT_EQ(queue.bytes(), 15u);
}

TEST(OutputQueueTest, CompletesAForeignWriteOnlyWithItsLastByte) {
  OutputQueue queue;
  queue.PushBorrowed("head", 4, false);
  queue.PushBorrowed("body", 4, true);
  EXPECT_FALSE(queue.Consume(4).borrowed);
  EXPECT_FALSE(queue.Consume(3).borrowed);
  EXPECT_TRUE(queue.Consume(1).borrowed);
  EXPECT_TRUE(queue.empty());
}

TEST(OutputQueueTest, TellsWhenAPingIsOut) {
  OutputQueue queue;
  queue.PushFrame(FrameOf("frame"));
  queue.PushPing(FrameOf("pp"));
  EXPECT_FALSE(queue.Consume(6).ping);
  EXPECT_TRUE(queue.Consume(1).ping);
}

TEST(OutputQueueTest, SharesFramesAndLetsGoOfThemOnceWritten) {
  OutputQueue queue;
  const protocol::LocalFramePtr frame = FrameOf("shared");
  queue.PushFrame(frame);
  EXPECT_EQ(frame->use_count(), 2);
  queue.Consume(3);
  EXPECT_EQ(frame->use_count(), 2) << "half of it still has to go out";
  queue.Consume(3);
  EXPECT_EQ(frame->use_count(), 1);
}

TEST(OutputQueueTest, DiscardsWhatIsNotBegunAndNeverCutsAFrame) {
  OutputQueue queue;
  queue.PushFrame(FrameOf("begun"));
  queue.PushFrame(FrameOf("not begun"));
  queue.PushBorrowed("pong", 4, true);
  queue.PushPing(FrameOf("ping"));
  queue.Consume(2);
  queue.DiscardUnbegun();
  EXPECT_EQ(Wire(queue), "gunpong");
  EXPECT_EQ(queue.bytes(), 7u);
  EXPECT_TRUE(queue.Consume(7).borrowed);
}

TEST(OutputQueueTest, AFrameWhollyOutIsNotTakenForABegunOne) {
  OutputQueue queue;
  queue.PushFrame(FrameOf("out"));
  queue.PushFrame(FrameOf("waiting"));
  queue.Consume(3);
  queue.DiscardUnbegun();
  EXPECT_TRUE(queue.empty());
}

TEST(OutputQueueTest, GathersNoMoreThanThereIsRoomFor) {
  OutputQueue queue;
  for (int i = 0; i < 100; ++i) queue.PushFrame(FrameOf(std::to_string(i % 10)));
  std::array<iovec, 64> segments;
  EXPECT_EQ(queue.Gather(segments), 64u);
  queue.Consume(64);
  EXPECT_EQ(queue.Gather(segments), 36u);
}

TEST(OutputQueueTest, ALongBacklogKeepsItsOrderWhileItMoves) {
  OutputQueue queue;
  std::string expected, seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = std::to_string(i) + " ";
    expected += text;
    queue.PushFrame(FrameOf(text));
    if (i % 3 == 0) continue;  // The writer is slower than the producer.
    std::array<iovec, 1> first;
    queue.Gather(first);
    seen.append(static_cast<const char*>(first[0].iov_base), first[0].iov_len);
    queue.Consume(first[0].iov_len);
  }
  while (!queue.empty()) {
    seen += Wire(queue);
    queue.Consume(Wire(queue).size());
  }
  EXPECT_EQ(seen, expected);
}

// A connection that gets many frames each turn does not allocate in every turn, and one that got
// them once does not keep the room for good.
TEST(OutputQueueTest, RoomIsKeptWhileItIsUsed) {
  OutputQueue queue;
  const protocol::LocalFramePtr frame = FrameOf("frame");
  const auto turn = [&](int frames) {
    for (int i = 0; i < frames; ++i) queue.PushFrame(frame);
    queue.Consume(queue.bytes());
  };
  turn(16);
  EXPECT_LE(queue.room(), 4u) << "once is not often";
  for (int i = 0; i < 100; ++i) turn(16);
  turn(1);
  EXPECT_GE(queue.room(), 16u);
  for (int i = 0; i < 10; ++i) turn(1);
  EXPECT_LE(queue.room(), 4u);
  turn(1'000);
  EXPECT_LE(queue.room(), 32u);
}

}  // namespace
}  // namespace entitysync::ws
