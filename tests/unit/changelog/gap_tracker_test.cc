#include "gateway/changelog/gap_tracker.h"

#include <gtest/gtest.h>

namespace entitysync::changelog {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class GapTrackerTest : public ::testing::Test {
 protected:
  GapTrackerTest() { tracker_.OnBusBack(now_); }
  bool Batch(uint64_t number, const Origin& origin) {
    return tracker_.OnBatch(origin, number, now_);
  }
  bool Heartbeat(uint64_t last, const Origin& origin) {
    return tracker_.OnHeartbeat(origin, last, now_);
  }
  bool Tick(base::Duration after) {
    now_ += after;
    return tracker_.OnTick(now_);
  }

  base::TimePoint now_{hours(1)};
  GapTracker tracker_{1000, seconds(1)};
  const Origin older_{"r1", 500};
  const Origin newer_{"r2", 2000};
};

TEST_F(GapTrackerTest, NumbersInOrderAreNoGapAndRepeatedOnesNeither) {
  EXPECT_FALSE(Batch(1, newer_));
  EXPECT_FALSE(Batch(2, newer_));
  EXPECT_FALSE(Batch(2, newer_));
  EXPECT_FALSE(Batch(1, newer_));
  EXPECT_FALSE(Batch(3, newer_));
}

TEST_F(GapTrackerTest, AHoleIsAGapOnce) {
  EXPECT_FALSE(Batch(1, newer_));
  EXPECT_TRUE(Batch(3, newer_));
  EXPECT_FALSE(Batch(4, newer_));
  EXPECT_FALSE(Batch(2, newer_)) << "late after all";
}

TEST_F(GapTrackerTest, TheFirstNumberOfAPublisherYoungerThanUsMustBeOne) {
  EXPECT_TRUE(Batch(2, newer_));
  EXPECT_FALSE(Batch(57, older_));
  EXPECT_TRUE(Batch(59, older_));
}

TEST_F(GapTrackerTest, WhatOlderPublishersSaidBeforeTheyWereFirstHeardIsOneGapInTheEnd) {
  EXPECT_FALSE(Batch(57, older_));
  EXPECT_FALSE(Heartbeat(9, {"r3", 500}));
  EXPECT_FALSE(Tick(seconds(2)));
  EXPECT_FALSE(Heartbeat(57, older_));
  EXPECT_TRUE(Tick(seconds(1)));
  EXPECT_FALSE(Heartbeat(57, older_));
  EXPECT_FALSE(Tick(seconds(1)));
}

TEST_F(GapTrackerTest, OlderPublishersThatSaidNothingYetAreNoGap) {
  EXPECT_FALSE(Heartbeat(0, older_));
  EXPECT_FALSE(Batch(1, {"r3", 500}));
  EXPECT_FALSE(Tick(seconds(2)));
  EXPECT_FALSE(Heartbeat(0, older_));
  EXPECT_FALSE(Batch(2, {"r3", 500}));
  EXPECT_FALSE(Tick(seconds(1)));
}

TEST_F(GapTrackerTest, AnOlderPublisherFirstHeardLongAfterWeListenedWasMissed) {
  now_ += seconds(3);
  EXPECT_TRUE(Batch(57, older_));
  EXPECT_FALSE(Heartbeat(9, {"r3", 500}));
  EXPECT_TRUE(Heartbeat(9, {"r3", 500}));
}

TEST_F(GapTrackerTest, ANewRunOfAReplicaCountsFromOneAgain) {
  EXPECT_FALSE(Batch(1, newer_));
  EXPECT_FALSE(Batch(1, {"r2", 3000}));
}

TEST_F(GapTrackerTest, AHeartbeatAheadIsAGapOnlyIfStillAheadAtTheNext) {
  EXPECT_FALSE(Batch(1, newer_));
  EXPECT_FALSE(Heartbeat(3, newer_));
  EXPECT_FALSE(Batch(2, newer_));
  EXPECT_FALSE(Batch(3, newer_));
  EXPECT_FALSE(Heartbeat(3, newer_));
  EXPECT_FALSE(Heartbeat(4, newer_));
  EXPECT_TRUE(Heartbeat(4, newer_));
  EXPECT_FALSE(Heartbeat(4, newer_)) << "reported once";
}

TEST_F(GapTrackerTest, AHeartbeatOfOneNeverHeardBefore) {
  EXPECT_FALSE(Heartbeat(9, older_));
  EXPECT_FALSE(Heartbeat(9, older_)) << "said before we listened";
  EXPECT_FALSE(Heartbeat(2, newer_));
  EXPECT_TRUE(Heartbeat(2, newer_));
}

TEST_F(GapTrackerTest, AGoodbyeThatCountsMoreThanWasHeardIsAGap) {
  EXPECT_FALSE(Batch(1, newer_));
  EXPECT_TRUE(tracker_.OnGoodbye(newer_, 2, now_));
  EXPECT_FALSE(Batch(1, {"r3", 2000}));
  EXPECT_FALSE(tracker_.OnGoodbye({"r3", 2000}, 1, now_));
  EXPECT_TRUE(tracker_.OnGoodbye({"r4", 2000}, 1, now_)) << "heard nothing of it but this";
  EXPECT_FALSE(tracker_.OnGoodbye({"r5", 500}, 1, now_));
}

TEST_F(GapTrackerTest, SilenceWithoutAGoodbyeIsAGapOnce) {
  EXPECT_FALSE(Heartbeat(0, newer_));
  EXPECT_FALSE(Tick(seconds(1)));
  EXPECT_FALSE(Tick(seconds(1)));
  EXPECT_TRUE(Tick(seconds(1)));
  EXPECT_FALSE(Tick(seconds(1)));
}

TEST_F(GapTrackerTest, WhoSaidGoodbyeMayBeSilent) {
  EXPECT_FALSE(Heartbeat(0, newer_));
  EXPECT_FALSE(tracker_.OnGoodbye(newer_, 0, now_));
  EXPECT_FALSE(Tick(seconds(10)));
}

TEST_F(GapTrackerTest, SilenceOfTheBusIsNotThatOfThePublishers) {
  EXPECT_FALSE(Heartbeat(0, newer_));
  now_ += seconds(30);
  tracker_.OnBusBack(now_);
  EXPECT_FALSE(Tick(seconds(1)));
}

TEST_F(GapTrackerTest, AFloodOfPublishersIsForgottenAndCountsAsAGap) {
  for (uint64_t i = 0; i < GapTracker::kMaxPublishers; ++i) {
    ASSERT_FALSE(Batch(1, {"r", 2000 + i}));
  }
  EXPECT_TRUE(Batch(1, {"one more", 2000}));
}

}  // namespace
}  // namespace entitysync::changelog
