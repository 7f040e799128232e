#include "gateway/fetch/version_tracker.h"

#include <gtest/gtest.h>

namespace entitysync::fetch {
namespace {

using std::chrono::seconds;
using Verdict = VersionTracker::Verdict;

class VersionTrackerTest : public ::testing::Test {
 protected:
  // The answer to a fetch that began when all changes so far were notified.
  Verdict Judge(std::optional<uint64_t> version) {
    tracker_.OnFetch();
    return tracker_.Judge(version, now_);
  }
  Verdict JudgeNotFound() {
    tracker_.OnFetch();
    return tracker_.JudgeNotFound(now_);
  }

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

TEST_F(VersionTrackerTest, AChangeDuringAFetchIsNoLag) {
  tracker_.RaiseFloor(5);
  tracker_.OnFetch();
  tracker_.RaiseFloor(6);
  EXPECT_EQ(tracker_.Judge(5, now_), Verdict::kOvertaken) << "as good as could be asked";
  EXPECT_EQ(Judge(5), Verdict::kBelowFloor) << "now it lags";
}

TEST_F(VersionTrackerTest, EqualNumbersAreNoReasonToAskAgain) {
  EXPECT_EQ(Judge(5), Verdict::kFinal);
  EXPECT_EQ(Judge(5), Verdict::kFinal) << "whether the rows are the same is another question";
}

TEST_F(VersionTrackerTest, NotFoundLetsTheNumbersStartAgain) {
  tracker_.RaiseFloor(7);
  EXPECT_EQ(Judge(7), Verdict::kFinal);
  EXPECT_EQ(JudgeNotFound(), Verdict::kFinal);
  tracker_.RaiseFloor(1);
  EXPECT_EQ(Judge(1), Verdict::kFinal);
}

TEST_F(VersionTrackerTest, NotFoundKeepsWhatWasNotifiedDuringItsFetch) {
  tracker_.RaiseFloor(7);
  EXPECT_EQ(Judge(7), Verdict::kFinal);
  tracker_.OnFetch();
  tracker_.RaiseFloor(3);  // Created anew, with numbers that start again.
  EXPECT_EQ(tracker_.JudgeNotFound(now_), Verdict::kFinal);
  EXPECT_EQ(tracker_.floor(), 3u);
  EXPECT_EQ(Judge(2), Verdict::kBelowFloor);
  EXPECT_EQ(Judge(3), Verdict::kFinal);
}

TEST_F(VersionTrackerTest, NotFoundWhileAChangeIsOutstandingIsAskedAgain) {
  tracker_.RaiseFloor(1);
  EXPECT_EQ(JudgeNotFound(), Verdict::kBelowFloor) << "a read replica that does not have it yet";
  EXPECT_EQ(Judge(1), Verdict::kFinal);
}

TEST_F(VersionTrackerTest, NotFoundWinsAfterInsistingLongAndOftenEnough) {
  EXPECT_EQ(Judge(5), Verdict::kFinal);
  tracker_.RaiseFloor(6);  // A versioned deletion.
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(JudgeNotFound(), Verdict::kBelowFloor);
    now_ += seconds(3);
  }
  EXPECT_EQ(JudgeNotFound(), Verdict::kReset);
  EXPECT_EQ(tracker_.floor(), 0u);
  EXPECT_EQ(JudgeNotFound(), Verdict::kFinal);
  EXPECT_EQ(Judge(1), Verdict::kFinal) << "created anew";
}

TEST_F(VersionTrackerTest, WhatWasBeforeARemovalDoesNotComeBackAfterIt) {
  EXPECT_EQ(Judge(5), Verdict::kFinal);
  tracker_.RaiseFloor(6);
  EXPECT_EQ(JudgeNotFound(), Verdict::kBelowFloor);
  EXPECT_EQ(Judge(5), Verdict::kStale) << "a replica that lags behind the deletion";
  tracker_.RaiseFloor(8);
  EXPECT_EQ(Judge(7), Verdict::kBelowFloor);
  EXPECT_EQ(Judge(8), Verdict::kFinal);
}

}  // namespace
}  // namespace entitysync::fetch
