#include "bench/lib/process_cost.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <boost/json/value.hpp>
#include <chrono>
#include <ctime>
#include <string>
#include <thread>

namespace entitysync::bench {
namespace {

int64_t ThreadCpuNs() {
  timespec used;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

void Burn(int64_t ns) {
  const int64_t end = ThreadCpuNs() + ns;
  while (ThreadCpuNs() < end) {
  }
}

TEST(ProcessCostsTest, CountsAllThreadsAlsoThoseThatHaveEnded) {
  constexpr int64_t kBurnt = 20'000'000;
  ProcessCosts costs;
  ASSERT_TRUE(costs.Begin({getpid()}).ok());
  std::thread(Burn, kBurnt).join();
  Burn(kBurnt);
  const boost::json::object all = costs.End();
  const boost::json::object& own = all.at(std::to_string(getpid())).as_object();
  EXPECT_GE(own.at("cpu_ns").as_int64(), 2 * kBurnt);
  EXPECT_GE(own.at("user_ticks").as_uint64() + own.at("system_ticks").as_uint64(), 1u);
  EXPECT_LT(own.at("voluntary_switches").as_uint64(), 1'000'000u);
}

TEST(ProcessCostsTest, AThreadThatEndsTakesNothingAway) {
  // One that has used much before the measurement and ends within it.
  std::atomic<bool> may_end = false;
  std::atomic<bool> has_burnt = false;
  std::thread thread([&] {
    Burn(20'000'000);
    has_burnt = true;
    has_burnt.notify_one();
    may_end.wait(false);
  });
  has_burnt.wait(false);
  ProcessCosts costs;
  ASSERT_TRUE(costs.Begin({getpid()}).ok());
  may_end = true;
  may_end.notify_one();
  thread.join();
  const boost::json::object all = costs.End();
  const boost::json::object& own = all.at(std::to_string(getpid())).as_object();
  EXPECT_GE(own.at("cpu_ns").as_int64(), 0);
  EXPECT_LT(own.at("voluntary_switches").as_uint64(), 1'000'000u);
}

TEST(ProcessCostsTest, SwitchesBeforeTheMeasurementDoNotCount) {
  for (int i = 0; i < 100; ++i) std::this_thread::sleep_for(std::chrono::microseconds(10));
  ProcessCosts costs;
  ASSERT_TRUE(costs.Begin({getpid()}).ok());
  const boost::json::object all = costs.End();
  const boost::json::object& own = all.at(std::to_string(getpid())).as_object();
  EXPECT_LT(own.at("voluntary_switches").as_uint64(), 50u);
}

TEST(ProcessCostsTest, AProcessThatDoesNotRunCannotBeMeasured) {
  const absl::Status status = ProcessCosts().Begin({99'999'999});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace entitysync::bench
