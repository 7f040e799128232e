#include "service/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

namespace entitysync::service {
namespace {

TEST(WorkerPoolTest, RefusesWhatFindsNoRoom) {
  WorkerPool pool(/*threads=*/1, /*queue=*/1);
  std::promise<void> started, release;
  ASSERT_TRUE(pool.TrySubmit([&] {
    started.set_value();
    release.get_future().wait();
  }));
  started.get_future().wait();
  std::promise<void> second;

  EXPECT_TRUE(pool.TrySubmit([&] { second.set_value(); }));
  EXPECT_EQ(pool.Waiting(), 1u);
  EXPECT_FALSE(pool.TrySubmit([] {}));

  release.set_value();
  second.get_future().wait();
  pool.Stop();  // The tasks may still be leaving the promises, which die before the pool.
}

TEST(WorkerPoolTest, RunsAsManyAtOnceAsThreads) {
  WorkerPool pool(/*threads=*/3, /*queue=*/1);
  std::promise<void> all;
  const std::shared_future<void> everyone = all.get_future().share();
  std::atomic<int> running = 0;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(pool.TrySubmit([&] {
      if (++running == 3) all.set_value();
      everyone.wait();
    }));
  }
  everyone.wait();
  EXPECT_EQ(running, 3);
  pool.Stop();  // As above.
}

TEST(WorkerPoolTest, StopDestroysWhatWaitsAndRefusesMore) {
  WorkerPool pool(/*threads=*/1, /*queue=*/10);
  std::promise<void> started, release;
  auto released = release.get_future().share();
  ASSERT_TRUE(pool.TrySubmit([&started, released] {
    started.set_value();
    released.wait();
  }));
  started.get_future().wait();
  auto alive = std::make_shared<int>();
  std::weak_ptr<int> watch = alive;
  bool ran = false;
  ASSERT_TRUE(pool.TrySubmit([alive = std::move(alive), &ran] { ran = true; }));

  auto stopped = std::async(std::launch::async, [&] { pool.Stop(); });
  while (!watch.expired()) std::this_thread::yield();
  release.set_value();
  stopped.get();

  EXPECT_FALSE(ran);
  EXPECT_FALSE(pool.TrySubmit([] {}));
}

}  // namespace
}  // namespace entitysync::service
