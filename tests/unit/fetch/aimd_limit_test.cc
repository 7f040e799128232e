#include "gateway/fetch/aimd_limit.h"

#include <gtest/gtest.h>

namespace entitysync::fetch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// An application asked as often at a time as the limit allows, one round trip after the other.
class AimdLimitTest : public ::testing::Test {
 protected:
  // All places are taken, and each answered after `latency`.
  void RoundTrip(base::Duration latency, size_t in_use = 0) {
    const base::TimePoint started = now_;
    now_ += latency;
    const size_t count = limit_.limit();
    for (size_t i = 0; i < count; ++i) limit_.OnSuccess(started, now_, in_use ? in_use : count);
    now_ += milliseconds(1);
  }
  void FailedRoundTrip() {
    const base::TimePoint started = now_;
    now_ += milliseconds(10);
    const size_t count = limit_.limit();
    for (size_t i = 0; i < count; ++i) limit_.OnFailure(started, now_);
    now_ += milliseconds(1);
  }

  base::TimePoint now_{seconds(100)};
  AimdLimit limit_{{.initial = 16, .ceiling = 64}};
};

TEST_F(AimdLimitTest, EachRoundTripOfGoodAnswersAddsOnePlaceUpToTheCeiling) {
  RoundTrip(milliseconds(1));
  EXPECT_EQ(limit_.limit(), 17u);
  RoundTrip(milliseconds(1));
  EXPECT_EQ(limit_.limit(), 18u);
  for (int i = 0; i < 100; ++i) RoundTrip(milliseconds(1));
  EXPECT_EQ(limit_.limit(), 64u);
}

TEST_F(AimdLimitTest, AnErrorHalvesAndTheOthersOfItsRoundTripDoNot) {
  FailedRoundTrip();
  EXPECT_EQ(limit_.limit(), 8u) << "sixteen errors of one round trip are one";
  FailedRoundTrip();
  EXPECT_EQ(limit_.limit(), 4u);
}

TEST_F(AimdLimitTest, AnswersToFetchesFromBeforeADecreaseSayNothing) {
  const base::TimePoint before = now_;
  FailedRoundTrip();
  for (int i = 0; i < 100; ++i) limit_.OnSuccess(before, now_, 16);
  EXPECT_EQ(limit_.limit(), 8u);
}

TEST_F(AimdLimitTest, NeverBelowOne) {
  for (int i = 0; i < 10; ++i) FailedRoundTrip();
  EXPECT_EQ(limit_.limit(), 1u);
  RoundTrip(milliseconds(1));
  EXPECT_EQ(limit_.limit(), 2u);
}

TEST_F(AimdLimitTest, AnInitialValueAboveTheCeilingIsLowered) {
  EXPECT_EQ((AimdLimit{{.initial = 16, .ceiling = 3}}.limit()), 3u);
}

TEST_F(AimdLimitTest, ASlowerApplicationHalves) {
  RoundTrip(milliseconds(10));
  EXPECT_EQ(limit_.limit(), 17u);
  // Smoothed over the round trip: 10 ms of old, the more of 40 the longer it lasts.
  RoundTrip(milliseconds(40));
  EXPECT_EQ(limit_.limit(), 8u);
}

TEST_F(AimdLimitTest, JitterAtOneMillisecondIsNoCongestion) {
  RoundTrip(milliseconds(1));
  for (int i = 0; i < 10; ++i) RoundTrip(milliseconds(i % 2 == 0 ? 6 : 1));
  EXPECT_EQ(limit_.limit(), 27u);
}

TEST_F(AimdLimitTest, AnApplicationThatIsSlowerForGoodIsAskedAgainAsMuchAsItTakes) {
  RoundTrip(milliseconds(1));
  for (int i = 0; i < 10; ++i) RoundTrip(milliseconds(50));
  for (int i = 0; i < 20; ++i) RoundTrip(milliseconds(50));
  EXPECT_GT(limit_.limit(), 16u) << "50 ms is what it takes, however little we ask";
}

TEST_F(AimdLimitTest, ABestOfLongAgoIsForgotten) {
  RoundTrip(milliseconds(1));
  now_ += seconds(61);
  RoundTrip(milliseconds(50));
  EXPECT_EQ(limit_.limit(), 18u);
}

TEST_F(AimdLimitTest, ABestOfLateIsRemembered) {
  RoundTrip(milliseconds(1));
  now_ += seconds(31);
  RoundTrip(milliseconds(50));
  EXPECT_EQ(limit_.limit(), 8u);
}

TEST_F(AimdLimitTest, AFewFetchesProveNothingOfMany) {
  for (int i = 0; i < 100; ++i) RoundTrip(milliseconds(1), /*in_use=*/1);
  EXPECT_EQ(limit_.limit(), 16u);
}

}  // namespace
}  // namespace entitysync::fetch
