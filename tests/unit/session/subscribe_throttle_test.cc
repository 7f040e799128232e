#include "gateway/session/subscribe_throttle.h"

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <vector>

#include "tests/testing/manual_loops.h"

namespace entitysync::session {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SubscribeThrottleTest : public ::testing::Test {
 protected:
  // Notes its number when called.
  struct Caller final : SubscribeThrottle::Waiter {
    Caller(std::vector<int>& its_called, int its_number) : called(its_called), number(its_number) {}
    void OnTurn() override { called.push_back(number); }
    std::vector<int>& called;
    int number;
  };

  ~SubscribeThrottleTest() override {
    OnLoop([&] { throttle_.reset(); });
  }

  void Make(uint32_t per_second, uint32_t burst) {
    throttle_.emplace(loop_, per_second, burst);
    for (int i = 0; i < 6; ++i) callers_.emplace_back(called_, i);
  }
  void OnLoop(base::Task task) {
    loop_.Post(std::move(task));
    loops_.RunReady();
  }
  bool Take(uint32_t tokens) {
    bool taken = false;
    OnLoop([&] { taken = throttle_->Take(tokens); });
    return taken;
  }
  void Wait(int number) {
    OnLoop([&, number] { throttle_->Wait(callers_[static_cast<size_t>(number)]); });
  }

  testing::ManualLoops loops_;
  base::Executor& loop_ = loops_.Add();
  std::vector<int> called_;
  std::deque<Caller> callers_;
  std::optional<SubscribeThrottle> throttle_;
};

using Numbers = std::vector<int>;

TEST_F(SubscribeThrottleTest, TheBurstIsFreeAndMoreIsOwed) {
  Make(10, 5);
  EXPECT_TRUE(Take(5));
  EXPECT_FALSE(Take(1));
  loops_.Advance(milliseconds(201));
  EXPECT_TRUE(Take(1));
}

TEST_F(SubscribeThrottleTest, CallsOnePerTokenInTheOrderInWhichTheyCame) {
  Make(10, 5);
  EXPECT_FALSE(Take(6));
  for (const int number : {3, 1, 4, 0}) Wait(number);
  Wait(3);  // Keeps its place.
  loops_.Advance(milliseconds(199));
  EXPECT_EQ(called_, Numbers{});
  loops_.Advance(milliseconds(1));
  EXPECT_EQ(called_, Numbers{3});
  EXPECT_FALSE(Take(1)) << "paid, but others wait";
  loops_.Advance(milliseconds(100));
  EXPECT_EQ(called_, (Numbers{3, 1}));
  EXPECT_FALSE(Take(3));
  loops_.Advance(milliseconds(200));
  EXPECT_EQ(called_, (Numbers{3, 1})) << "the one before took more than its token";
  loops_.Advance(milliseconds(101));
  EXPECT_EQ(called_, (Numbers{3, 1, 4}));
}

TEST_F(SubscribeThrottleTest, WhoLeavesOrIsGoneCostsNobodyATurn) {
  Make(10, 5);
  EXPECT_FALSE(Take(6));
  {
    Caller gone(called_, 77);
    OnLoop([&] { throttle_->Wait(gone); });
    for (const int number : {0, 1}) Wait(number);
    OnLoop([&] { throttle_->Leave(callers_[0]); });
  }
  loops_.Advance(milliseconds(200));
  EXPECT_EQ(called_, Numbers{1});
}

TEST_F(SubscribeThrottleTest, ManyAreCalledAtOnceWhenTokensComeFast) {
  Make(1'000, 1'000);
  EXPECT_TRUE(Take(1'000));
  EXPECT_FALSE(Take(1));
  for (const int number : {0, 1, 2}) Wait(number);
  loops_.Advance(milliseconds(11));
  EXPECT_EQ(called_, (Numbers{0, 1, 2})) << "a slice of ten came back";
}

TEST_F(SubscribeThrottleTest, ADebtThatGrowsMeanwhileIsWaitedFor) {
  Make(10, 5);
  EXPECT_FALSE(Take(6));
  Wait(0);
  EXPECT_FALSE(Take(50));
  loops_.Advance(seconds(5));
  EXPECT_EQ(called_, Numbers{});
  loops_.Advance(milliseconds(200));
  EXPECT_EQ(called_, Numbers{0});
}

TEST_F(SubscribeThrottleTest, WithoutARateNobodyWaits) {
  Make(0, 1);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(Take(1'000'000));
}

TEST_F(SubscribeThrottleTest, ItsEndForgetsWhoWaits) {
  Make(10, 5);
  EXPECT_FALSE(Take(6));
  Wait(0);
  OnLoop([&] { throttle_.reset(); });
  loops_.Advance(seconds(10));
  EXPECT_EQ(called_, Numbers{});
  EXPECT_FALSE(callers_[0].IsLinked());
}

}  // namespace
}  // namespace entitysync::session
