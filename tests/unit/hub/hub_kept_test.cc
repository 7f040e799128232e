// States kept after their last watcher left, seen through the hub.

#include "tests/unit/hub/hub_fixture.h"

namespace entitysync::hub {
namespace {

using std::chrono::seconds;

class HubKeptTest : public HubTest {
 protected:
  HubKeptTest() : HubTest(Plain(), {.keep_state = seconds(30)}) {}

  // Somebody watched and left.
  void WatchAndLeave(const std::string& row, std::optional<uint64_t> version = std::nullopt) {
    Watch(1, "1", "s", true);
    Answer(row, version);
    Leave(1, "1", "s");
  }
};

TEST_F(HubKeptTest, WhoComesBackIsServedWithoutAFetch) {
  WatchAndLeave("a");
  Watch(2, "1", "s", true);
  EXPECT_EQ(source_.started(), 1u);
  EXPECT_EQ(Got(2), Rows{"a"});
  EXPECT_EQ(metrics_.hub.kept_hits.Value(), 1);
  Change();
  Answer("b");
  EXPECT_EQ(Got(2), (Rows{"a", "b"})) << "and is watched as any other";
}

TEST_F(HubKeptTest, AnotherSecretIsNot) {
  WatchAndLeave("a");
  Watch(2, "1", "t", true);
  EXPECT_EQ(source_.open(), 1u);
}

TEST_F(HubKeptTest, NorIsAnybodyAfterTheTime) {
  WatchAndLeave("a");
  loops_.Advance(seconds(30));
  Watch(2, "1", "s", true);
  EXPECT_EQ(source_.open(), 1u);
}

TEST_F(HubKeptTest, ComingBackDoesNotLengthenIt) {
  WatchAndLeave("a");
  loops_.Advance(seconds(20));
  Watch(2, "1", "s", true);
  Leave(2, "1", "s");
  loops_.Advance(seconds(9));
  Watch(3, "1", "s", true);
  Leave(3, "1", "s");
  EXPECT_EQ(source_.started(), 1u);
  loops_.Advance(seconds(1));
  Watch(4, "1", "s", true);
  EXPECT_EQ(source_.started(), 2u) << "the application is asked 30 s after it was";
}

TEST_F(HubKeptTest, AChangeDropsItAndFetchesNothing) {
  WatchAndLeave("a");
  Change();
  EXPECT_EQ(source_.open(), 0u);
  Watch(2, "1", "s", true);
  EXPECT_EQ(source_.open(), 1u);
}

TEST_F(HubKeptTest, AChangeDropsItAlsoWhileOthersWatchTheKey) {
  Watch(9, "1", "t", true);
  Answer("for t");
  WatchAndLeave("a");
  Change();
  Answer("for t again");
  Watch(2, "1", "s", true);
  EXPECT_EQ(source_.open(), 1u);
}

TEST_F(HubKeptTest, AGapDropsIt) {
  WatchAndLeave("a");
  Gap();
  Watch(2, "1", "s", true);
  EXPECT_EQ(source_.open(), 1u);
}

TEST_F(HubKeptTest, SoDoesALostBus) {
  WatchAndLeave("a");
  hub_->OnBusLive(false);
  hub_->OnBusLive(true);
  loops_.RunReady();
  EXPECT_EQ(metrics_.hub.kept_states.Value(), 0);
  Watch(2, "1", "s", true);
  EXPECT_EQ(source_.open(), 1u);
}

TEST_F(HubKeptTest, WhatIsNotSettledIsNotKept) {
  Watch(1, "1", "s", true);
  Answer("a");
  Change();
  Leave(1, "1", "s");
  EXPECT_EQ(metrics_.hub.kept_states.Value(), 0);
  Watch(1, "2", "s", true);
  Fail(absl::StatusCode::kPermissionDenied);
  Leave(1, "2", "s");
  EXPECT_EQ(metrics_.hub.kept_states.Value(), 0);
}

TEST_F(HubKeptTest, VersionsGoOnWhereTheyWere) {
  WatchAndLeave("five", 5);
  Watch(2, "1", "s", true);
  Change("1", 5);
  EXPECT_EQ(source_.open(), 0u) << "known already";
  Change("1", 6);
  Answer("four", 4);
  EXPECT_EQ(Got(2), Rows{"five"}) << "older than what was kept";
}

TEST_F(HubKeptTest, ARemovedEntityIsKnownToBeRemoved) {
  Watch(1, "1", "s", true);
  Fail(absl::StatusCode::kNotFound);
  Leave(1, "1", "s");
  Watch(2, "1", "s", true);
  EXPECT_EQ(source_.open(), 0u);
  EXPECT_EQ(Got(2), Rows{"removed"});
}

TEST_F(HubKeptTest, StopForgetsWhatIsKept) {
  WatchAndLeave("a");
  hub_->Stop();
  loops_.RunReady();
  EXPECT_EQ(metrics_.hub.kept_states.Value(), 0);
}

}  // namespace
}  // namespace entitysync::hub
