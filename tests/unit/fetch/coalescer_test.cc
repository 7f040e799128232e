#include "gateway/fetch/coalescer.h"

#include "tests/unit/fetch/coalescer_fixture.h"

namespace entitysync::fetch {
namespace {

using std::chrono::seconds;

TEST_F(CoalescerTest, ManyChangesDuringAFetchCauseOneMore) {
  for (int i = 0; i < 1000; ++i) ON_LOOP(coalescer_->OnChange(std::nullopt));
  EXPECT_EQ(source_.started(), 1u);
  Answer("old");
  EXPECT_EQ(source_.started(), 2u) << "a change during the fetch must cause another";
  Answer("new");
  EXPECT_EQ(source_.started(), 2u);
  EXPECT_EQ(rows_, (std::vector<std::string>{"old", "new"}));
  EXPECT_TRUE(coalescer_->IsSettled());
}

TEST_F(CoalescerTest, SaysWhyItAsksAndWhatItExpects) {
  ON_LOOP(coalescer_->Need());
  EXPECT_EQ(source_.request().reason, FetchReason::kSnapshot);
  ON_LOOP(coalescer_->OnChange(7));
  Answer("a", 3);
  loops_.Advance(seconds(1));
  EXPECT_EQ(source_.request().reason, FetchReason::kChange);
  EXPECT_EQ(source_.request().min_version, 7u);
  EXPECT_EQ(source_.request().secret, "s");
}

TEST_F(CoalescerTest, AVersionThatTheLastAnswerCoversCausesNoFetch) {
  ON_LOOP(coalescer_->OnChange(5));
  Answer("five", 5);
  ON_LOOP(coalescer_->OnChange(5); coalescer_->OnChange(4));
  EXPECT_EQ(source_.started(), 1u);
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  EXPECT_EQ(source_.started(), 2u) << "without a version it always fetches";
}

TEST_F(CoalescerTest, AVersionedChangeDuringAFetchThatAnswersItNeedsNoOther) {
  ON_LOOP(coalescer_->OnChange(5));
  ON_LOOP(coalescer_->OnChange(6));
  Answer("six", 6);
  EXPECT_EQ(source_.started(), 1u);
  EXPECT_TRUE(coalescer_->IsSettled());
}

TEST_F(CoalescerTest, AVersionedChangeDuringAFetchAnsweredWithoutVersionNeedsAnother) {
  ON_LOOP(coalescer_->OnChange(5));
  ON_LOOP(coalescer_->OnChange(6));
  Answer("who knows");
  EXPECT_EQ(source_.started(), 2u);
}

TEST_F(CoalescerTest, ASuspectPairFetchesEvenWhatItsAnswerCovers) {
  ON_LOOP(coalescer_->OnChange(5));
  Answer("five", 5);
  ++context_.gap_epoch;
  EXPECT_FALSE(coalescer_->IsSettled());
  ON_LOOP(coalescer_->OnChange(5));
  EXPECT_EQ(source_.started(), 2u);
}

TEST_F(CoalescerTest, AFetchThatBeganBeforeAGapDoesNotSettleIt) {
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  ++context_.gap_epoch;
  ON_LOOP(coalescer_->Revalidate());
  Answer("before");
  EXPECT_FALSE(coalescer_->IsSettled());
  EXPECT_EQ(source_.started(), 2u);
  Answer("after");
  EXPECT_TRUE(coalescer_->IsSettled());
}

TEST_F(CoalescerTest, FailuresAreRetriedUntilSomebodyAnswers) {
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  for (const auto code :
       {absl::StatusCode::kUnavailable, absl::StatusCode::kUnknown, absl::StatusCode::kInternal,
        absl::StatusCode::kDeadlineExceeded, absl::StatusCode::kResourceExhausted,
        absl::StatusCode::kUnimplemented, absl::StatusCode::kInvalidArgument,
        absl::StatusCode::kCancelled, absl::StatusCode::kAborted}) {
    ASSERT_EQ(source_.open(), 1u) << absl::StatusCodeToString(code);
    Fail(code);
    EXPECT_EQ(source_.open(), 0u) << "not at once";
    loops_.Advance(options_.backoff_max);
  }
  Answer("at last");
  EXPECT_EQ(rows_, (std::vector<std::string>{"at last"}));
}

TEST_F(CoalescerTest, ChangesDuringABackoffDoNotShortenIt) {
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  Fail(absl::StatusCode::kUnavailable);
  ON_LOOP(coalescer_->OnChange(std::nullopt); coalescer_->Need());
  EXPECT_EQ(source_.open(), 0u);
  loops_.Advance(options_.backoff_min * 2);
  EXPECT_EQ(source_.open(), 1u);
}

TEST_F(CoalescerTest, AnOutageThatEndsWhileItIsInLineStartsItsBackoffAnew) {
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  for (int i = 0; i < 8; ++i) {
    Fail(absl::StatusCode::kUnavailable);
    if (i < 7) loops_.Advance(options_.backoff_max);
  }
  const auto first = Make();
  const auto second = Make();
  ON_LOOP(first->OnChange(std::nullopt); second->OnChange(std::nullopt));
  loops_.Advance(options_.backoff_max);
  ASSERT_EQ(source_.open(), 1u) << "it is in line behind both of them";
  Answer("the end of the outage");
  Answer("and another");
  ASSERT_EQ(source_.open(), 1u);
  Fail(absl::StatusCode::kUnavailable);
  loops_.Advance(options_.backoff_min * 2);
  EXPECT_EQ(source_.open(), 1u);
}

TEST_F(CoalescerTest, WhatHungThroughASilenceStartsItsBackoffAnew) {
  TargetAccess target = WideTarget();
  const auto hanging = Make(target);
  const auto other = Make(target);
  ON_LOOP(hanging->OnChange(std::nullopt));
  for (int i = 0; i < 8; ++i) {
    Fail(absl::StatusCode::kUnavailable);
    ON_LOOP(other->OnChange(std::nullopt));
    Answer("others are answered");
    loops_.Advance(options_.backoff_max);
  }
  ASSERT_EQ(source_.open(), 1u) << "it fails by itself, and hangs now";
  ON_LOOP(other->OnChange(std::nullopt));
  loops_.Advance(Recovery::kDownFor);
  source_.AnswerRows({"and others no more"}, std::nullopt, 1);
  loops_.RunReady();
  Fail(absl::StatusCode::kDeadlineExceeded);
  ASSERT_EQ(source_.open(), 0u);
  loops_.Advance(options_.backoff_min * 2);
  EXPECT_EQ(source_.open(), 1u);
}

TEST_F(CoalescerTest, AFailedRevalidationIsTriedAgainAsOne) {
  ++context_.gap_epoch;
  ON_LOOP(coalescer_->Revalidate());
  Fail(absl::StatusCode::kUnavailable);
  loops_.Advance(options_.backoff_max);
  EXPECT_EQ(source_.request().reason, FetchReason::kRevalidate);
}

TEST_F(CoalescerTest, NotFoundAndDeniedAreFinal) {
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  Fail(absl::StatusCode::kNotFound);
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  Fail(absl::StatusCode::kPermissionDenied);
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  Fail(absl::StatusCode::kUnauthenticated);
  loops_.Advance(seconds(60));
  EXPECT_EQ(source_.started(), 3u);
  EXPECT_EQ(outcomes_,
            (std::vector<Outcome>{Outcome::kRemoved, Outcome::kDenied, Outcome::kDenied}));
}

TEST_F(CoalescerTest, ALaggingReplicaIsAskedAgainAndNeverTakesAStateBack) {
  ON_LOOP(coalescer_->OnChange(5));
  Answer("five", 5);
  ON_LOOP(coalescer_->OnChange(8));
  Answer("four", 4);
  loops_.Advance(options_.lag_backoff_max);
  Answer("six", 6);
  loops_.Advance(options_.lag_backoff_max);
  Answer("eight", 8);
  loops_.Advance(seconds(60));
  EXPECT_EQ(rows_, (std::vector<std::string>{"five", "six", "eight"}));
  EXPECT_EQ(source_.started(), 4u);
}

TEST_F(CoalescerTest, DestroyingItCancelsAndFreesItsPlace) {
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  EXPECT_EQ(target_.gate.in_flight(), 1u);
  ON_LOOP(coalescer_.reset());
  EXPECT_EQ(source_.open(), 0u);
  EXPECT_EQ(target_.gate.in_flight(), 0u);
}

TEST_F(CoalescerTest, WaitsForItsPlaceInTheGate) {
  auto other = Make();
  ON_LOOP(other->OnChange(std::nullopt); coalescer_->OnChange(std::nullopt));
  EXPECT_EQ(source_.open(), 1u) << "the cap is 1";
  Answer("other");
  EXPECT_EQ(source_.open(), 1u);
  Answer("mine");
  EXPECT_EQ(rows_.size(), 2u);
  ON_LOOP(other.reset());
}

TEST_F(CoalescerTest, SomebodyWhoWaitsOvertakesRevalidations) {
  auto busy = Make();
  auto doubtful = Make();
  ++context_.gap_epoch;
  ON_LOOP(busy->OnChange(std::nullopt); doubtful->Revalidate(); coalescer_->Revalidate();
          coalescer_->Need());
  // One revalidation is never starved, so the first in that line goes next.
  Answer("busy");
  EXPECT_EQ(source_.request().reason, FetchReason::kRevalidate);
  Answer("doubtful");
  EXPECT_EQ(source_.request().reason, FetchReason::kSnapshot);
  Answer("mine");
  ON_LOOP(busy.reset(); doubtful.reset());
}

TEST_F(CoalescerTest, AFullLineRefusesAndIsTriedAgain) {
  std::vector<std::shared_ptr<Coalescer>> others;
  for (int i = 0; i < 11; ++i) others.push_back(Make());
  ON_LOOP(for (auto& other
               : others) other->OnChange(std::nullopt);
          coalescer_->OnChange(std::nullopt));
  EXPECT_EQ(metrics_.fetches_refused.Value(), 1);
  for (int i = 0; i < 11; ++i) Answer("other");
  loops_.Advance(options_.backoff_max);
  ASSERT_EQ(source_.open(), 1u);
  Answer("mine");
  EXPECT_EQ(rows_.back(), "mine");
  ON_LOOP(others.clear());
}

TEST_F(CoalescerTest, AFetchEndsBeforeItsPlaceGoesToAnother) {
  std::shared_ptr<Coalescer> other = Make();
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  ON_LOOP(other->OnChange(std::nullopt));
  ASSERT_EQ(source_.most_open(), 1u);
  ON_LOOP(coalescer_.reset());
  EXPECT_EQ(source_.started(), 2u);
  EXPECT_EQ(source_.most_open(), 1u);
  ON_LOOP(other.reset());
}

TEST_F(CoalescerTest, ALowerVersionIsDoubtedOnceAndLater) {
  ON_LOOP(EXPECT_TRUE(coalescer_->OnChange(9)));
  Answer("nine", 9);
  ON_LOOP(EXPECT_FALSE(coalescer_->OnChange(9)));
  loops_.Advance(seconds(5));
  EXPECT_EQ(source_.started(), 1u) << "heard twice";
  ON_LOOP(EXPECT_FALSE(coalescer_->OnChange(8)));
  ON_LOOP(EXPECT_FALSE(coalescer_->OnChange(7)));
  EXPECT_EQ(source_.started(), 1u);
  EXPECT_TRUE(coalescer_->IsDirty());
  loops_.Advance(options_.doubt_delay);
  EXPECT_EQ(source_.started(), 2u);
  Answer("nine", 9);
  EXPECT_FALSE(coalescer_->IsDirty());
  loops_.Advance(seconds(5));
  EXPECT_EQ(source_.started(), 2u);
}

TEST_F(CoalescerTest, NumbersThatStartedAgainAreFoundOutThoughTheyAreCovered) {
  ON_LOOP(coalescer_->OnChange(9));
  Answer("nine", 9);
  ON_LOOP(coalescer_->OnChange(2));
  loops_.Advance(options_.doubt_delay);
  for (int i = 0; i < 40 && rows_.back() != "two"; ++i) {
    if (source_.open() > 0) Answer("two", 2);
    loops_.Advance(seconds(1));
  }
  EXPECT_EQ(rows_.back(), "two");
  EXPECT_EQ(metrics_.version_resets.Value(), 1);
}

}  // namespace
}  // namespace entitysync::fetch
