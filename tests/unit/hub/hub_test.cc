#include "gateway/hub/hub.h"

#include "tests/unit/hub/hub_fixture.h"

namespace entitysync::hub {
namespace {

using std::chrono::seconds;

TEST_F(HubTest, OneFetchServesAllWhoShareASecretOnAnyWorker) {
  Watch(1, "1", "s");
  hub_->Subscribe({.subscriber = Ref(2, 1), .key = Key("1")}, Secret("s"));
  loops_.RunReady();
  Change();
  EXPECT_EQ(source_.started(), 1u);
  Answer("a");
  EXPECT_EQ(Got(1), Rows{"a"});
  EXPECT_EQ(Got(2, 1), Rows{"a"});
}

TEST_F(HubTest, RowsOfOneSecretNeverReachAnother) {
  Watch(1, "1", "alice");
  Watch(2, "1", "bob");
  Change();
  ASSERT_EQ(source_.open(), 2u);
  const bool first_is_alice = source_.request(0).secret == "alice";
  source_.AnswerRows({first_is_alice ? "for alice" : "for bob"});
  source_.AnswerRows({first_is_alice ? "for bob" : "for alice"});
  loops_.RunReady();
  EXPECT_EQ(Got(1), Rows{"for alice"});
  EXPECT_EQ(Got(2), Rows{"for bob"});
}

TEST_F(HubTest, WhoCameAfterTheStateOfAChangeGetsItWithTheChange) {
  Watch(1);
  Change("1", 7);
  Answer("nine", 9);
  Watch(2);
  Change("1", 9);
  EXPECT_EQ(source_.started(), 1u);
  EXPECT_EQ(Got(1), Rows{"nine"});
  EXPECT_EQ(Got(2), Rows{"nine"});
}

TEST_F(HubTest, ChangesLostBehindASubscriptionAreMadeUpForToIt) {
  Watch(1);
  // The shard does not get to run while its mailbox overflows, somebody subscribes, and it
  // overflows again.
  const std::vector<changelog::Change> many(options_.mailbox_changes + 1, {{"items", "1"}, {}});
  hub_->OnChanges(many);
  hub_->Subscribe({.subscriber = Ref(2), .key = Key("1")}, Secret("other"));
  hub_->OnChanges(many);
  loops_.Advance(Shard::kGapInterval);
  ASSERT_EQ(source_.open(), 2u);
  Answer("a");
  Answer("a");
  EXPECT_EQ(Got(1), Rows{"a"});
  EXPECT_EQ(Got(2), Rows{"a"});
}

TEST_F(HubTest, AChangeOfAKeyThatNobodyWatchesFetchesNothing) {
  Watch(1, "1");
  Change("2");
  EXPECT_EQ(source_.started(), 0u);
  EXPECT_EQ(metrics_.hub.changes_unwatched.Value(), 1);
}

TEST_F(HubTest, WithoutSnapshotNothingComesBeforeAChange) {
  Watch(1);
  EXPECT_EQ(source_.started(), 0u);
}

TEST_F(HubTest, ASecondWatcherIsServedFromThePresentState) {
  Watch(1, "1", "", true);
  Answer("a");
  Watch(2, "1", "", true);
  EXPECT_EQ(source_.started(), 1u);
  EXPECT_EQ(Got(2), Rows{"a"});
}

TEST_F(HubTest, ASuspectStateIsNotServed) {
  Watch(1, "1", "", true);
  Answer("a");
  hub_->OnBusLive(false);
  Watch(2, "1", "", true);
  EXPECT_EQ(source_.started(), 2u);
  Answer("b");
  EXPECT_EQ(Got(2), Rows{"b"});
}

TEST_F(HubTest, ASnapshotThatIsOvertakenByAChangeIsFollowedByTheNewState) {
  Watch(1, "1", "", true);
  Change();
  Answer("before");
  Answer("after");
  EXPECT_EQ(Got(1), (Rows{"before", "after"}));
}

TEST_F(HubTest, WhatASubscriptionHasIsNotSentAgain) {
  Watch(1);
  Change();
  Answer("a");
  Watch(2);
  Change();
  Answer("a");
  EXPECT_EQ(Got(1), Rows{"a"}) << "it has it";
  EXPECT_EQ(Got(2), Rows{"a"}) << "it has not";
}

TEST_F(HubTest, WhatIsFetchedAgainAndIsTheSameIsNotCompressedAgain) {
  const std::string row(1'000, 'x');
  Watch(1);
  Change();
  Answer(row, 1);
  const StatePtr first = receivers_[0].last;
  protocol::Deflater deflater({.level = 1, .min_bytes = 100});
  const protocol::Frame compressed = first->deflated.Of(first->classic, deflater);
  Change();
  Answer(row, 2);
  Watch(2, "1", "", true);
  const StatePtr second = receivers_[0].last;
  EXPECT_EQ(second->version, 2u);
  EXPECT_EQ(second->deflated.Of(second->classic, deflater), compressed);
  EXPECT_EQ(deflater.totals().frames, 1u);
}

TEST_F(HubTest, TheLastWatcherLeavingCancelsTheFetch) {
  Watch(1);
  Change();
  EXPECT_EQ(source_.open(), 1u);
  hub_->Unsubscribe(Ref(1).id, Key("1"), Secret(""));
  loops_.RunReady();
  EXPECT_EQ(source_.open(), 0u);
  EXPECT_EQ(metrics_.hub.watched_keys.Value(), 0);
  EXPECT_EQ(metrics_.hub.watched_pairs.Value(), 0);
  EXPECT_EQ(metrics_.hub.subscriptions.Value(), 0);
}

TEST_F(HubTest, NothingIsKeptOfWhatNobodyWatches) {
  Watch(1, "1", "s", true);
  Answer("a");
  hub_->Unsubscribe(Ref(1).id, Key("1"), Secret("s"));
  Watch(2, "1", "s", true);
  EXPECT_EQ(source_.open(), 1u) << "a logged-out secret never reads rows without being asked";
}

TEST_F(HubTest, ARemovedEntityThatComesBackIsSentAgain) {
  Watch(1);
  Change();
  Answer("a");
  Change();
  Fail(absl::StatusCode::kNotFound);
  Change();
  Answer("a");
  EXPECT_EQ(Got(1), (Rows{"a", "removed", "a"}));
}

TEST_F(HubTest, ADeniedViewerGetsNothing) {
  Watch(1, "1", "", true);
  Fail(absl::StatusCode::kPermissionDenied);
  Watch(2, "1", "", true);
  EXPECT_EQ(source_.started(), 1u) << "final for this secret";
  EXPECT_TRUE(Got(1).empty());
  EXPECT_TRUE(Got(2).empty());
}

TEST_F(HubTest, AnAnswerInFlightForTheOldSecretIsFetchedAgainUnderTheNew) {
  Watch(1, "1", "old");
  Change();
  SwitchSecret(1, 2, "old", "new");
  ASSERT_EQ(source_.open(), 1u) << "nobody watches as \"old\" any more: its fetch is cancelled";
  EXPECT_EQ(source_.request().secret, "new");
  Answer("new rows");
  EXPECT_TRUE(Got(1).empty());
  EXPECT_EQ(Got(2), Rows{"new rows"});
}

TEST_F(HubTest, ASettledKeyIsNotFetchedForANewSecretInClassic) {
  Watch(1, "1", "old");
  Change();
  Answer("a");
  SwitchSecret(1, 2, "old", "new");
  EXPECT_EQ(source_.started(), 1u);
}

TEST_F(HubTest, APurgedStateIsFetchedUnderTheNewSecretAndSentEvenIfTheSame) {
  Watch(1, "1", "old");
  Change();
  Answer("a");
  SwitchSecret(1, 2, "old", "new", /*purged=*/true);
  Answer("a");
  EXPECT_EQ(Got(2), Rows{"a"});
}

TEST_F(HubTest, ADeliveryLostOnTheWayIsGivenAgain) {
  Watch(1);
  Change();
  Answer("a");
  hub_->Refresh(Ref(1).id, Key("1"), Secret(""));
  loops_.RunReady();
  EXPECT_EQ(Got(1), (Rows{"a", "a"}));
  EXPECT_EQ(source_.started(), 1u);
}

TEST_F(HubTest, AnotherSecretNeverTakesAConnectionBackToAnOlderVersion) {
  Watch(1, "1", "old");
  Watch(9, "1", "new", true);
  Answer("three", 3);
  Change("1", 5);
  // "new" and "old" are fetched; only "old" is told of version 5.
  ASSERT_EQ(source_.open(), 2u);
  const size_t old_call = source_.request(0).secret == "old" ? 0 : 1;
  source_.AnswerRows({"five"}, 5, old_call);
  loops_.RunReady();
  SwitchSecret(1, 2, "old", "new", /*purged=*/true);
  Answer("four", 4);
  EXPECT_TRUE(Got(2).empty()) << "it was handed version 5 before";
  EXPECT_EQ(Got(9), (Rows{"three", "four"}));
  loops_.Advance(seconds(1));
  Answer("new five", 5);
  EXPECT_EQ(Got(2), Rows{"new five"});
}

// A watcher with a newer version than a lagging answer asks for more from within the delivery.
TEST_F(HubTest, ALaggingAnswerForANewSecretLeavesOneFetchAndNoPlaceTaken) {
  Watch(1, "1", "old", true);
  Answer("ten", 10);
  SwitchSecret(1, 2, "old", "new", /*purged=*/true);
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(source_.open(), 1u) << i;
    Answer("nine", 9);
    EXPECT_LE(source_.open(), 1u);
    loops_.Advance(options_.coalescer.lag_backoff_max);
  }
  Answer("ten again", 10);
  EXPECT_EQ(Got(2), Rows{"ten again"});
  EXPECT_EQ(metrics_.hub.fetches_in_flight.Value(), 0);
  EXPECT_EQ(metrics_.hub.fetches_queued.Value(), 0);
}

TEST_F(HubTest, WhatTheOldSecretWasDeniedIsFetchedForTheNew) {
  Watch(1, "1", "", true);
  Fail(absl::StatusCode::kPermissionDenied);
  SwitchSecret(1, 2, "", "good");
  Answer("allowed");
  EXPECT_EQ(Got(2), Rows{"allowed"});
}

TEST_F(HubTest, AGapRevalidatesEverythingWatchedAndSendsOnlyWhatDiffers) {
  Watch(1, "1");
  Watch(2, "2");
  Change("1");
  Answer("a");
  Change("2");
  Answer("b");
  hub_->OnGap();
  loops_.RunReady();
  ASSERT_EQ(source_.open(), 2u);
  EXPECT_EQ(source_.request().reason, fetch::FetchReason::kRevalidate);
  const bool first_is_1 = source_.request(0).key.id == "1";
  source_.AnswerRows({first_is_1 ? "a" : "missed"});
  source_.AnswerRows({first_is_1 ? "missed" : "a"});
  loops_.RunReady();
  EXPECT_EQ(Got(1), Rows{"a"});
  EXPECT_EQ(Got(2), (Rows{"b", "missed"}));
}

TEST_F(HubTest, AnOverfullMailboxIsAGapAndNoSilentLoss) {
  Watch(1);
  std::vector<changelog::Change> many(101, changelog::Change{{"items", "1"}, std::nullopt});
  hub_->OnChanges(std::move(many));
  loops_.RunReady();
  EXPECT_EQ(metrics_.bus.gaps_mailbox.Value(), 1);
  ASSERT_EQ(source_.open(), 1u);
  EXPECT_EQ(source_.request().reason, fetch::FetchReason::kRevalidate);
}

TEST_F(HubTest, ManySecretsOfOneKeyEachGetTheirOwn) {
  for (uint64_t i = 0; i < 100; ++i) Watch(i, "1", "secret " + std::to_string(i));
  for (uint64_t i = 0; i < 100; i += 2) {
    hub_->Unsubscribe(Ref(i).id, Key("1"), Secret("secret " + std::to_string(i)));
  }
  Change();
  EXPECT_EQ(source_.started(), 50u);
  while (source_.open() > 0) Answer(source_.request().secret);
  for (uint64_t i = 1; i < 100; i += 2) EXPECT_EQ(Got(i), Rows{"secret " + std::to_string(i)});
}

TEST_F(HubTest, AVersionNotifiedBeforeAnotherSecretWatchesIsExpectedOfItToo) {
  Watch(1, "1", "a");
  Change("1", 8);
  Answer("eight", 8);
  Watch(2, "1", "b", true);
  EXPECT_EQ(source_.request().min_version, 8u);
}

TEST_F(HubTest, StopForgetsAllAndCancelsAll) {
  Watch(1);
  Watch(2, "2", "s", true);
  Change();
  hub_->Stop();
  loops_.RunReady();
  EXPECT_EQ(source_.open(), 0u);
}

}  // namespace
}  // namespace entitysync::hub
