#include "gateway/protocol/lazy_frame.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace entitysync::protocol {
namespace {

TEST(LazyFrameTest, IsMadeOnceHoweverManyThreadsAskForIt) {
  const LazyFrame lazy;
  std::atomic<int> made = 0;
  std::vector<Frame> got(8);
  std::vector<std::thread> threads;
  for (Frame& frame : got) {
    threads.emplace_back([&] {
      frame = lazy.Get([&] {
        ++made;
        return std::make_shared<const std::string>("frame");
      });
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  for (const Frame& frame : got) EXPECT_EQ(frame, got[0]);
  EXPECT_EQ(*got[0], "frame");
}

TEST(LazyFrameTest, ThatThereIsNoneIsFoundOutOnce) {
  const LazyFrame lazy;
  int made = 0;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(lazy.Get([&]() -> Frame {
      ++made;
      return nullptr;
    }),
              nullptr);
  }
  EXPECT_EQ(made, 1);
}

}  // namespace
}  // namespace entitysync::protocol
