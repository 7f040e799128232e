#include "service/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>

namespace entitysync::service {
namespace {

TEST(WorkerPoolTest, RefusesWhatFindsNoRoom) {
  WorkerPool pool(/*threads=*/1, /*queue=*/1);
  std::promise<void> started, release;
  ASSERT_EQ(1u, pool.TrySubmit([&](size_t) {
    started.set_value();
    release.get_future().wait();
  }));
  started.get_future().wait();
  std::promise<void> second;

  EXPECT_EQ(pool.TrySubmit([&](size_t) { second.set_value(); }), 1u);
  EXPECT_EQ(pool.Waiting(), 1u);
  EXPECT_EQ(pool.TrySubmit([](size_t) {}), 0u);

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
    ASSERT_EQ(1u, pool.TrySubmit([&](size_t) {
      if (++running == 3) all.set_value();
      everyone.wait();
    }));
  }
  everyone.wait();
  EXPECT_EQ(running, 3);
  pool.Stop();  // As above.
}

TEST(WorkerPoolTest, RunsATaskSeveralTimesAtOnce) {
  WorkerPool pool(/*threads=*/3, /*queue=*/1);
  std::promise<void> all;
  const std::shared_future<void> everyone = all.get_future().share();
  std::atomic<int> running = 0;
  std::atomic<size_t> numbers = 0;
  ASSERT_EQ(3u, pool.TrySubmit(
                    [&](size_t run) {
                      numbers += size_t{1} << run;
                      if (++running == 3) all.set_value();
                      everyone.wait();
                    },
                    3));
  everyone.wait();
  EXPECT_EQ(numbers, 0b111u);
  pool.Stop();  // As above.
}

TEST(WorkerPoolTest, TakesTheRunsThatFindRoom) {
  WorkerPool pool(/*threads=*/1, /*queue=*/2);
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  std::atomic<int> ran = 0;
  const auto task = [&](size_t) {
    released.wait();
    ++ran;
  };
  EXPECT_EQ(pool.TrySubmit(task, 5), 3u) << "one runs, two wait";
  EXPECT_EQ(pool.TrySubmit(task, 1), 0u);
  release.set_value();
  while (ran < 3) std::this_thread::yield();
  while (pool.TrySubmit(task, 1) == 0) std::this_thread::yield();
  pool.Stop();
}

TEST(WorkerPoolTest, StopDestroysWhatWaitsAndRefusesMore) {
  WorkerPool pool(/*threads=*/1, /*queue=*/10);
  std::promise<void> started, release;
  auto released = release.get_future().share();
  ASSERT_EQ(1u, pool.TrySubmit([&started, released](size_t) {
    started.set_value();
    released.wait();
  }));
  started.get_future().wait();
  auto alive = std::make_shared<int>();
  std::weak_ptr<int> watch = alive;
  bool ran = false;
  ASSERT_EQ(2u, pool.TrySubmit([alive = std::move(alive), &ran](size_t) { ran = true; }, 2));

  auto stopped = std::async(std::launch::async, [&] { pool.Stop(); });
  while (!watch.expired()) std::this_thread::yield();
  release.set_value();
  stopped.get();

  EXPECT_FALSE(ran);
  EXPECT_EQ(pool.TrySubmit([](size_t) {}), 0u);
}

}  // namespace
}  // namespace entitysync::service
