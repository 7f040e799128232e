#include "gateway/base/asio_loop.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

namespace entitysync::base {
namespace {

using std::chrono::milliseconds;

// Runs `task` on the loop and waits until it is done.
void RunOn(AsioLoop& loop, Task task) {
  std::promise<void> done;
  loop.Post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

TEST(AsioLoopTest, TasksOfOneThreadRunInOrderOnTheLoop) {
  AsioLoop loop("test");
  loop.Start();
  std::string order;
  bool on_loop = true;
  for (char c = 'a'; c <= 'z'; ++c) {
    loop.Post([&, c] {
      order += c;
      on_loop = on_loop && loop.IsCurrent();
    });
  }
  RunOn(loop, [] {});
  EXPECT_EQ(order, "abcdefghijklmnopqrstuvwxyz");
  EXPECT_TRUE(on_loop);
  EXPECT_FALSE(loop.IsCurrent());
}

TEST(AsioLoopTest, TurnEndRunsOnceAfterAllThatWasPosted) {
  AsioLoop loop("test");
  std::string order;
  std::promise<void> done;
  // Posted before the loop starts, so all of it is one turn.
  loop.Post([&] {
    loop.AtTurnEnd([&] {
      order += "end";
      done.set_value();
    });
    order += "1 ";
  });
  loop.Post([&] { order += "2 "; });
  loop.Start();
  done.get_future().wait();
  EXPECT_EQ(order, "1 2 end");
}

TEST(AsioLoopTest, TimersRunInOrderOfTheirTimeAndNotWhenCancelled) {
  AsioLoop loop("test");
  loop.Start();
  std::string order;
  std::promise<void> done;
  loop.Post([&] {
    loop.After(milliseconds(20), [&] {
      order += "late";
      done.set_value();
    });
    const TimerId cancelled = loop.After(milliseconds(10), [&] { order += "cancelled "; });
    loop.After(milliseconds(1), [&] { order += "early "; });
    loop.Cancel(cancelled);
    loop.Cancel(cancelled);
    loop.Cancel(kNoTimer);
  });
  done.get_future().wait();
  loop.Stop();
  EXPECT_EQ(order, "early late");
}

TEST(AsioLoopTest, TasksLeftAtTheEndAreDestroyedUnrun) {
  auto witness = std::make_shared<bool>(false);
  const std::weak_ptr<bool> alive = witness;
  {
    AsioLoop loop("test");
    loop.Post([witness = std::move(witness)] { *witness = true; });
  }
  EXPECT_TRUE(alive.expired());
}

}  // namespace
}  // namespace entitysync::base
