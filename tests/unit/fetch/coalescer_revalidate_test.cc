// What a coalescer asks after a gap and for an audit.

#include "tests/unit/fetch/coalescer_fixture.h"

namespace entitysync::fetch {
namespace {

using std::chrono::milliseconds;

TEST_F(CoalescerTest, AnAnswerOfAfterTheGapNeedsNoRevalidation) {
  ++context_.gap_epoch;
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  Answer("after the gap");
  ON_LOOP(coalescer_->Revalidate());
  EXPECT_EQ(source_.started(), 1u);
  EXPECT_TRUE(coalescer_->IsSettled());
}

TEST_F(CoalescerTest, AChangeThatWasCoveredLeavesNoReasonBehind) {
  ON_LOOP(coalescer_->OnChange(1));
  ON_LOOP(coalescer_->OnChange(2));
  Answer("two", 2);
  ASSERT_TRUE(coalescer_->IsSettled());
  ON_LOOP(coalescer_->Audit());
  ASSERT_EQ(source_.open(), 1u);
  EXPECT_EQ(source_.request().reason, FetchReason::kRevalidate);
}

TEST_F(CoalescerTest, AfterAGapAChangeDoesNotHideThatMoreMayBeMissing) {
  ON_LOOP(coalescer_->OnChange(1));
  Answer("one", 1);
  ++context_.gap_epoch;
  ON_LOOP(coalescer_->OnChange(3));
  ASSERT_EQ(source_.open(), 1u);
  EXPECT_EQ(source_.request().reason, FetchReason::kRevalidate);
}

TEST_F(CoalescerTest, TheFirstAnswerToASubscriberIsASnapshotWhateverChanges) {
  context_.bus_live = true;
  auto blocker = Make();
  ON_LOOP(blocker->OnChange(std::nullopt));
  ON_LOOP(coalescer_->Need());
  ON_LOOP(coalescer_->OnChange(7));
  Answer("of the other");
  ASSERT_EQ(source_.open(), 1u);
  EXPECT_EQ(source_.request().reason, FetchReason::kSnapshot);
  EXPECT_EQ(source_.request().min_version, 7u);
  ON_LOOP(blocker.reset());
}

TEST_F(CoalescerTest, AVersionedChangeDuringAnAuditExplainsWhatItFinds) {
  ON_LOOP(coalescer_->OnChange(1));
  Answer("one", 1);
  ON_LOOP(coalescer_->Audit());
  ON_LOOP(coalescer_->OnChange(2));
  Answer("two", 2);
  EXPECT_EQ(unexplained_, 0);
}

TEST_F(CoalescerTest, NorDoesOneThatIsUnderWaySinceTheGap) {
  ++context_.gap_epoch;
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  ON_LOOP(coalescer_->Revalidate());
  Answer("after the gap");
  EXPECT_EQ(source_.started(), 1u);
}

TEST_F(CoalescerTest, NorIsAnyNeededOfWhatBeganAfterTheGap) {
  ++context_.gap_epoch;
  auto newcomer = Make();
  ON_LOOP(newcomer->Revalidate());
  EXPECT_EQ(source_.started(), 0u);
}

TEST_F(CoalescerTest, RevalidationsThatBeginInOneTurnTravelTogether) {
  TargetAccess target = WideTarget();
  std::vector<std::shared_ptr<Coalescer>> pairs;
  for (int i = 0; i < 3; ++i) pairs.push_back(Make(target));
  ++context_.gap_epoch;
  ON_LOOP(for (const auto& pair : pairs) pair->Revalidate());
  EXPECT_EQ(source_.batches(), std::vector<size_t>{3});
  EXPECT_EQ(target.gate.in_flight(), 3u) << "a place each";
  ON_LOOP(pairs.pop_back());
  EXPECT_EQ(target.gate.in_flight(), 2u) << "one that is gone keeps none";
  ON_LOOP(pairs.clear());
  EXPECT_EQ(source_.open(), 0u);
  EXPECT_EQ(target.gate.in_flight(), 0u);
}

TEST_F(CoalescerTest, WhatSomebodyWaitsForNeverTravelsWithRevalidations) {
  TargetAccess target = WideTarget();
  std::vector<std::shared_ptr<Coalescer>> pairs;
  for (int i = 0; i < 4; ++i) pairs.push_back(Make(target));
  ++context_.gap_epoch;
  ON_LOOP(pairs[0]->Revalidate(); pairs[1]->OnChange(std::nullopt); pairs[2]->Need();
          pairs[3]->Revalidate());
  EXPECT_EQ(source_.open(), 4u);
  EXPECT_EQ(source_.batches(), (std::vector<size_t>{2, 2}));
  ON_LOOP(pairs.clear());
}

TEST_F(CoalescerTest, AFailedRevalidationHalvesTheLimitAndAMisconfigurationDoesNot) {
  TargetAccess target{
      .gate = {{.in_flight = 64, .revalidations_in_flight = 64, .queued = 10}, metrics_},
      .urgent = {loop_, source_, {}, metrics_},
      .revalidations = {loop_, source_, {}, metrics_}};
  const double before = metrics_.revalidation_limit.Value();
  auto pair = Make(target);
  ++context_.gap_epoch;
  ON_LOOP(pair->Revalidate());
  Fail(absl::StatusCode::kUnimplemented);
  EXPECT_EQ(metrics_.revalidation_limit.Value(), before);
  loops_.Advance(options_.backoff_max);
  Fail(absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(metrics_.revalidation_limit.Value(), before - 8);
  ON_LOOP(pair.reset());
}

TEST_F(CoalescerTest, AnAuditSaysThatItsAnswerOughtToBeTheSame) {
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  Answer("a");
  ON_LOOP(EXPECT_TRUE(coalescer_->Audit()));
  EXPECT_EQ(source_.request().reason, FetchReason::kRevalidate);
  Answer("b");
  EXPECT_EQ(unexplained_, 1);
  EXPECT_TRUE(coalescer_->IsSettled());
}

TEST_F(CoalescerTest, AnAuditLeavesAloneWhatIsBeingAskedAnyway) {
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  ON_LOOP(EXPECT_FALSE(coalescer_->Audit()));
  Answer("a");
  EXPECT_EQ(source_.started(), 1u);
}

TEST_F(CoalescerTest, WhateverHappensDuringAnAuditExplainsADifference) {
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  Answer("a");
  ON_LOOP(coalescer_->Audit());
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  Answer("b");
  Answer("b");
  ON_LOOP(coalescer_->Audit());
  ++context_.gap_epoch;
  Answer("c");
  ON_LOOP(coalescer_->Revalidate());
  Answer("c");
  EXPECT_EQ(unexplained_, 0);
}

TEST_F(CoalescerTest, AnAuditOfWhatWasNeverAnsweredHasNothingToCompare) {
  ON_LOOP(coalescer_->Audit());
  Answer("a");
  EXPECT_EQ(unexplained_, 0);
}

TEST_F(CoalescerTest, GoesOnFromARestoredAnswer) {
  coalescer_->Restore(Outcome::kRows, 5);
  EXPECT_TRUE(coalescer_->IsSettled());
  ON_LOOP(coalescer_->OnChange(5));
  EXPECT_EQ(source_.started(), 0u);
  ON_LOOP(coalescer_->OnChange(6));
  Answer("four", 4);
  EXPECT_TRUE(outcomes_.empty()) << "older than what was restored";
}

}  // namespace
}  // namespace entitysync::fetch
