#include "gateway/fetch/version_tracker.h"

#include <gtest/gtest.h>

namespace entitysync::fetch {
namespace {

using std::chrono::seconds;
using Verdict = VersionTracker::Verdict;

class VersionTrackerTest : public ::testing::Test {
 protected:
  Verdict Judge(std::optional<uint64_t> version) { return tracker_.Judge(version, now_); }

  base::TimePoint now_{seconds(100)};
  VersionTracker tracker_{{.reset_after = seconds(10), .reset_answers = 5}, 0};
};

TEST_F(VersionTrackerTest, AnAnswerAtOrAboveTheFloorIsFinal) {
  tracker_.RaiseFloor(5);
  EXPECT_EQ(Judge(5), Verdict::kFinal);
  EXPECT_EQ(Judge(7), Verdict::kFinal);
  EXPECT_TRUE(tracker_.Covers(7));
  EXPECT_FALSE(tracker_.Covers(8));
}

TEST_F(VersionTrackerTest, BelowTheFloorIsDeliveredIfNewerAndAskedAgain) {
  EXPECT_EQ(Judge(3), Verdict::kFinal);
  tracker_.RaiseFloor(9);
  EXPECT_EQ(Judge(6), Verdict::kBelowFloor);
  EXPECT_EQ(Judge(5), Verdict::kStale);
  EXPECT_EQ(Judge(9), Verdict::kFinal);
}

TEST_F(VersionTrackerTest, OlderThanDeliveredIsNeverTheLastWordEvenWithoutAFloor) {
  EXPECT_EQ(Judge(9), Verdict::kFinal);
  EXPECT_EQ(Judge(8), Verdict::kStale);
}

TEST_F(VersionTrackerTest, AnswersWithoutVersionSatisfyAnyFloor) {
  tracker_.RaiseFloor(5);
  EXPECT_EQ(Judge(std::nullopt), Verdict::kFinal);
}

TEST_F(VersionTrackerTest, TheApplicationWinsAfterInsistingLongAndOftenEnough) {
  EXPECT_EQ(Judge(100), Verdict::kFinal);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Judge(1), Verdict::kStale) << "often, but not long";
  now_ += seconds(10);
  EXPECT_EQ(Judge(2), Verdict::kReset);
  EXPECT_EQ(Judge(3), Verdict::kFinal);
}

TEST_F(VersionTrackerTest, FewAnswersAreNotEnoughHoweverLongTheyTake) {
  EXPECT_EQ(Judge(100), Verdict::kFinal);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Judge(1), Verdict::kStale);
    now_ += seconds(60);
  }
  EXPECT_EQ(Judge(1), Verdict::kReset);
}

TEST_F(VersionTrackerTest, OneGoodAnswerStartsTheCountAgain) {
  EXPECT_EQ(Judge(100), Verdict::kFinal);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Judge(1), Verdict::kStale);
  now_ += seconds(60);
  EXPECT_EQ(Judge(100), Verdict::kFinal);
  EXPECT_EQ(Judge(1), Verdict::kStale);
}

TEST_F(VersionTrackerTest, LaggingBehindAFloorThatKeepsRisingIsNoReset) {
  for (uint64_t version = 3; version < 30; ++version) {
    tracker_.RaiseFloor(version);
    EXPECT_EQ(Judge(version - 2), Verdict::kBelowFloor) << version;
    now_ += seconds(1);
  }
}

TEST_F(VersionTrackerTest, NotFoundLetsTheNumbersStartAgain) {
  tracker_.RaiseFloor(7);
  EXPECT_EQ(Judge(7), Verdict::kFinal);
  tracker_.OnNotFound(true);
  tracker_.RaiseFloor(1);
  EXPECT_EQ(Judge(1), Verdict::kFinal);
}

TEST_F(VersionTrackerTest, NotFoundThatMissedAChangeKeepsTheFloor) {
  tracker_.RaiseFloor(7);
  tracker_.OnNotFound(false);
  EXPECT_EQ(Judge(6), Verdict::kBelowFloor);
}

}  // namespace
}  // namespace entitysync::fetch
