// What a coalescer does while the application's answers are older than what was notified.

#include "tests/unit/fetch/coalescer_fixture.h"

namespace entitysync::fetch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Rows = std::vector<std::string>;

TEST_F(CoalescerTest, AVersionedChangeDuringAFetchIsFetchedAtOnce) {
  ON_LOOP(coalescer_->OnChange(5));
  ON_LOOP(coalescer_->OnChange(6));
  Answer("five", 5);
  ASSERT_EQ(source_.open(), 1u) << "five was all that could be expected: nothing lags";
  EXPECT_EQ(source_.request().min_version, 6u);
  EXPECT_EQ(metrics_.answers_stale.Value(), 0);
}

TEST_F(CoalescerTest, AChangeEndsTheWaitForALaggingReplica) {
  ON_LOOP(coalescer_->OnChange(5));
  Answer("four", 4);
  EXPECT_EQ(source_.open(), 0u);
  ON_LOOP(coalescer_->OnChange(6));
  ASSERT_EQ(source_.open(), 1u) << "the application answers: what is new need not wait";
  Answer("six", 6);
  loops_.Advance(seconds(60));
  EXPECT_EQ(source_.started(), 2u);
}

TEST_F(CoalescerTest, SoDoesAGap) {
  ON_LOOP(coalescer_->OnChange(5));
  Answer("four", 4);
  ++context_.gap_epoch;
  ON_LOOP(coalescer_->Revalidate());
  EXPECT_EQ(source_.open(), 1u);
}

TEST_F(CoalescerTest, WhatIsExpectedWithoutANotifyWaitsItsTurn) {
  ON_LOOP(coalescer_->OnChange(5));
  Answer("four", 4);
  ON_LOOP(coalescer_->Expect(9));
  EXPECT_EQ(source_.open(), 0u) << "else every answer below nine would be followed at once";
  loops_.Advance(options_.lag_backoff_max);
  ASSERT_EQ(source_.open(), 1u);
  EXPECT_EQ(source_.request().min_version, 9u);
}

TEST_F(CoalescerTest, ALaggingStateIsTheBestThereIs) {
  EXPECT_FALSE(coalescer_->IsLagging());
  ON_LOOP(coalescer_->OnChange(5));
  Answer("four", 4);
  EXPECT_TRUE(coalescer_->IsLagging());
  EXPECT_FALSE(coalescer_->IsSettled());
  ++context_.gap_epoch;
  EXPECT_FALSE(coalescer_->IsLagging()) << "who knows what was missed";
}

TEST_F(CoalescerTest, ACreationThatAReadReplicaDoesNotHaveYetIsNotMissed) {
  ON_LOOP(coalescer_->OnChange(1));
  Fail(absl::StatusCode::kNotFound);
  EXPECT_EQ(outcomes_, std::vector{Outcome::kRemoved}) << "as far as anybody knows";
  loops_.Advance(options_.backoff_min * 2);
  ASSERT_EQ(source_.open(), 1u);
  Answer("one", 1);
  loops_.Advance(seconds(60));
  EXPECT_EQ(rows_.back(), "one");
  EXPECT_EQ(source_.started(), 2u);
  EXPECT_TRUE(coalescer_->IsSettled());
}

TEST_F(CoalescerTest, ADoubtIsNoChangeThatAReadReplicaMayAnswer) {
  ON_LOOP(coalescer_->OnChange(5));
  Answer("five", 5);
  ON_LOOP(coalescer_->OnChange(6));
  ON_LOOP(coalescer_->OnChange(4));  // Late, or the numbers started again.
  ON_LOOP(coalescer_->OnChange(7));
  loops_.Advance(options_.doubt_delay);
  Answer("seven", 7);
  ASSERT_EQ(source_.open(), 1u) << "it is asked about all the same";
  EXPECT_EQ(source_.request().reason, FetchReason::kRevalidate) << "no change is left to ask about";
}

TEST_F(CoalescerTest, AfterNotFoundNoReadReplicaThatLagsIsAsked) {
  ON_LOOP(coalescer_->OnChange(4));
  EXPECT_EQ(source_.request().reason, FetchReason::kChange);
  Fail(absl::StatusCode::kNotFound);
  loops_.Advance(options_.backoff_min * 2);
  ASSERT_EQ(source_.open(), 1u);
  // A replica that has version 5 would do for the change, but may not know of the removal.
  EXPECT_EQ(source_.request().reason, FetchReason::kRevalidate);
  Answer("five", 5);
  ON_LOOP(coalescer_->OnChange(6));
  EXPECT_EQ(source_.request().reason, FetchReason::kChange);
}

TEST_F(CoalescerTest, ANotFoundThatOwesNothingIsFinalAtOnce) {
  ON_LOOP(coalescer_->OnChange(5));
  Answer("five", 5);
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  Fail(absl::StatusCode::kNotFound);
  loops_.Advance(seconds(60));
  EXPECT_EQ(source_.started(), 2u);
  EXPECT_TRUE(coalescer_->IsSettled());
}

TEST_F(CoalescerTest, AVersionedDeletionCostsAFewFetchesMoreAndThenIsFinal) {
  ON_LOOP(coalescer_->OnChange(5));
  Answer("five", 5);
  ON_LOOP(coalescer_->OnChange(6));
  for (int i = 0; i < 20 && source_.open() > 0; ++i) {
    Fail(absl::StatusCode::kNotFound);
    loops_.Advance(options_.backoff_max);
  }
  // One for the change, and the few that the reset rule asks for.
  EXPECT_LE(source_.started(), 2u + options_.versions.reset_answers);
  EXPECT_TRUE(coalescer_->IsSettled());
  EXPECT_EQ(coalescer_->floor(), 0u);
  EXPECT_EQ(metrics_.version_resets.Value(), 0) << "a deletion is no reset";
  ON_LOOP(coalescer_->OnChange(1));
  Answer("created anew", 1);
  EXPECT_TRUE(coalescer_->IsSettled());
}

TEST_F(CoalescerTest, TheIntervalsOfAnUncertainNotFoundGrowToTheLongestBackoff) {
  ON_LOOP(coalescer_->OnChange(6));
  size_t asked_in_a_minute = 0;
  options_.versions.reset_after = std::chrono::hours(1);
  coalescer_ = Make();
  ON_LOOP(coalescer_->OnChange(6));
  for (int i = 0; i < 600; ++i) {
    for (; source_.open() > 0; ++asked_in_a_minute) Fail(absl::StatusCode::kNotFound);
    loops_.Advance(milliseconds(100));
  }
  EXPECT_LT(asked_in_a_minute, 30u) << "at a second each it would be more than 60";
}

TEST_F(CoalescerTest, ADenialCoversNoVersion) {
  ON_LOOP(coalescer_->OnChange(5));
  Answer("five", 5);
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  Fail(absl::StatusCode::kPermissionDenied);
  ON_LOOP(coalescer_->OnChange(5));
  EXPECT_EQ(source_.open(), 1u);
}

TEST_F(CoalescerTest, AnsweredSlowlyButOneByOneTheResetCountsEachFetchOnce) {
  ON_LOOP(coalescer_->OnChange(100));
  Answer("hundred", 100);
  ON_LOOP(coalescer_->OnChange(101));
  // Each is asked when the one before was answered, however many changes come meanwhile.
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(source_.open(), 1u) << i;
    loops_.Advance(seconds(4));
    EXPECT_EQ(source_.open(), 1u);
    Answer("one", 1);
    EXPECT_EQ(rows_.back(), "hundred");
    loops_.Advance(options_.lag_backoff_max);
  }
  Answer("one", 1);
  EXPECT_EQ(rows_.back(), "one") << "the fifth, after more than ten seconds";
  EXPECT_EQ(metrics_.version_resets.Value(), 1);
}

}  // namespace
}  // namespace entitysync::fetch
