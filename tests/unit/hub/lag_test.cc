// What watchers see while the application's answers are old, or its numbers say little.

#include "tests/unit/hub/hub_fixture.h"

namespace entitysync::hub {
namespace {

using std::chrono::seconds;

class LagTest : public HubTest {};

TEST_F(LagTest, ANewcomerGetsWhatTheOthersHaveWhileAReplicaLags) {
  Watch(1);
  Change("1", 5);
  Answer("four", 4);
  Watch(2, "1", "", true);
  EXPECT_EQ(source_.open(), 0u);
  EXPECT_EQ(Got(2), Rows{"four"});
  loops_.Advance(options_.coalescer.lag_backoff_max);
  Answer("five", 5);
  EXPECT_EQ(Got(1), (Rows{"four", "five"}));
  EXPECT_EQ(Got(2), (Rows{"four", "five"}));
}

TEST_F(LagTest, ANewcomerDuringAnUncertainRemovalWaitsForNothing) {
  Watch(1);
  Change("1", 1);
  Fail(absl::StatusCode::kNotFound);
  Watch(2, "1", "", true);
  EXPECT_EQ(Got(2), Rows{"removed"});
  loops_.Advance(seconds(1));
  Answer("one", 1);
  EXPECT_EQ(Got(1), (Rows{"removed", "one"}));
  EXPECT_EQ(Got(2), (Rows{"removed", "one"}));
}

TEST_F(LagTest, WhatWasBeforeARemovalIsNotShownAfterIt) {
  Watch(1, "1", "", true);
  Answer("five", 5);
  Change("1", 6);
  Fail(absl::StatusCode::kNotFound);
  loops_.Advance(seconds(1));
  Answer("five", 5);  // A read replica that lags behind the removal.
  EXPECT_EQ(Got(1), (Rows{"five", "removed"}));
}

TEST_F(LagTest, AnUncertainRemovalDoesNotMakeAConnectionForgetItsVersion) {
  Watch(1, "1", "old", true);
  Answer("five", 5);
  Change("1", 6);
  Fail(absl::StatusCode::kNotFound);
  SwitchSecret(1, 2, "old", "new", /*purged=*/true);
  Answer("three", 3);
  EXPECT_TRUE(Got(2).empty()) << "it was handed five";
}

TEST_F(LagTest, EqualNumbersNeverMeanEqualRows) {
  Watch(1);
  Change("1", 5);
  Answer("five", 5);
  Change();
  Answer("five, with other rights", 5);
  EXPECT_EQ(Got(1), (Rows{"five", "five, with other rights"}));
}

}  // namespace
}  // namespace entitysync::hub
