#include <gtest/gtest.h>

#include "tests/unit/hub/hub_fixture.h"

namespace entitysync::hub {
namespace {

class HubV1Test : public HubTest {
 protected:
  // What v1 clients get of the state that was handed out last.
  std::string LastV1() {
    std::string_view rest = *receivers_[0].last->v1->Full(protocol::V1Form::kJson, nullptr);
    return std::string(protocol::TakeMessage(rest).payload);
  }
};

TEST_F(HubV1Test, OnlyThoseOfV1AreToldOfADenial) {
  WatchV1(1);
  Watch(2, "1", "", true);
  Fail(absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Got(1), Rows{"denied"});
  EXPECT_EQ(Got(2), Rows{});
  // Who comes later is told as well, wanting the present state or not, and nobody is asked.
  WatchV1(3);
  WatchV1(4, false, "", false);
  EXPECT_EQ(Got(3), Rows{"denied"});
  EXPECT_EQ(Got(4), Rows{"denied"});
  EXPECT_EQ(source_.open(), 0u);
}

TEST_F(HubV1Test, NobodyThatIsKnownIsAnotherDenial) {
  WatchV1(1);
  Fail(absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(Got(1), Rows{"unauthenticated"});
}

TEST_F(HubV1Test, WhatWasWithdrawnComesAnewWhenItIsAllowedAgain) {
  WatchV1(1);
  Answer("a");
  Change();
  Fail(absl::StatusCode::kPermissionDenied);
  Change();
  Answer("a");
  EXPECT_EQ(Got(1), (Rows{"a", "denied", "a"}));
}

TEST_F(HubV1Test, StaleIsToldOnceAndEndsWithAStateEvenTheSame) {
  WatchV1(1);
  Watch(2, "1", "", true);
  Answer("a");
  Change();
  Fail(absl::StatusCode::kUnavailable);
  loops_.Advance(std::chrono::seconds(1));
  Fail(absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Got(1), (Rows{"a", "stale"}));
  loops_.Advance(std::chrono::seconds(10));
  Answer("a");
  EXPECT_EQ(Got(1), (Rows{"a", "stale", "a"}));
  EXPECT_EQ(Got(2), Rows{"a"});
  Change();
  Answer("a");
  EXPECT_EQ(Got(1), (Rows{"a", "stale", "a"})) << "once is enough";
}

TEST_F(HubV1Test, WhoComesWhileTheApplicationIsAwayIsTold) {
  WatchV1(1);
  Fail(absl::StatusCode::kUnavailable);
  WatchV1(2);
  EXPECT_EQ(Got(1), Rows{"stale"});
  EXPECT_EQ(Got(2), Rows{"stale"});
  loops_.Advance(std::chrono::seconds(1));
  Answer("a");
  EXPECT_EQ(Got(1), (Rows{"stale", "a"}));
  EXPECT_EQ(Got(2), (Rows{"stale", "a"}));
}

TEST_F(HubV1Test, AStateHasItsV1FormWhenSomebodyWantsIt) {
  Watch(1, "1", "", true);
  Answer("{}", 3);
  EXPECT_EQ(receivers_[0].last->v1, nullptr);
  WatchV1(2);
  ASSERT_NE(receivers_[0].last->v1, nullptr);
  EXPECT_NE(LastV1().find(R"("version":"3.)"), std::string::npos) << LastV1();
  EXPECT_NE(LastV1().find(R"("rows":[{}])"), std::string::npos) << LastV1();
}

TEST_F(HubV1Test, PatchesLeadFromTheStatesBeforeIfSomebodyWantsThem) {
  const std::string text = R"(,"t":")" + std::string(500, 'x') + "\"}";
  const auto row = [&text](int n) { return "{\"n\":" + std::to_string(n) + text; };
  const auto has_patch = [this](const protocol::StateVersion& base) {
    return receivers_[0].last->v1->PatchFrom(base, protocol::V1Form::kJson, nullptr) != nullptr;
  };
  WatchV1(1);
  source_.AnswerRows({row(1)}, 1);
  loops_.RunReady();
  const protocol::StateVersion first = receivers_[0].last->v1->version();
  Change();
  source_.AnswerRows({row(2)}, 2);
  loops_.RunReady();
  EXPECT_FALSE(has_patch(first)) << "nobody wants them";
  const protocol::StateVersion second = receivers_[0].last->v1->version();
  hub_->WantPatches(Key("1"), Secret(""));
  Change();
  source_.AnswerRows({row(3)}, 3);
  loops_.RunReady();
  EXPECT_TRUE(has_patch(second));
  EXPECT_FALSE(has_patch(first));
}

TEST_F(HubV1Test, ANumberThatGrowsAloneLeavesTheNameOfTheState) {
  WatchV1(1);
  Answer("a", 1);
  const auto name = receivers_[0].last->v1->version();
  Change("1", 2);
  Answer("a", 2);
  WatchV1(2);
  EXPECT_EQ(receivers_[0].last->version, 2u);
  EXPECT_EQ(receivers_[0].last->v1->version(), name);
}

TEST_F(HubV1Test, ANewCredentialIsAlwaysAskedAbout) {
  WatchV1(1, false, "old");
  Answer("a");
  SwitchSecret(1, 2, "old", "new");
  ASSERT_EQ(source_.open(), 1u);
  Fail(absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Got(2), Rows{"denied"});
}

TEST_F(HubV1Test, ABatchIsAskedAboutInAsFewCallsAsItTakes) {
  HubOptions options = Plain();
  options.urgent.max_items = 100;
  hub_ = std::make_unique<Hub>(options, std::vector<base::Executor*>{&loop0_},
                               std::vector<WorkerPort>{{&loop0_, &receivers_[0]}}, *catalog_,
                               metrics_, base::NullLogger());
  hub_->OnBusLive(true);
  loops_.Advance(Shard::kGapInterval);
  std::vector<Subscription> subscriptions;
  for (uint64_t i = 0; i < 1'000; ++i) {
    subscriptions.push_back(
        {.subscriber = Ref(i + 1), .key = Key(std::to_string(i)), .snapshot = true, .is_v1 = true});
  }
  hub_->SubscribeAll(std::move(subscriptions), Secret(""));
  loops_.RunReady();
  while (source_.open() > 0) Answer("a");
  EXPECT_EQ(source_.batches(), std::vector<size_t>(10, 100));
  EXPECT_EQ(source_.started(), 1'000u);
  EXPECT_EQ(receivers_[0].got.size(), 1'000u);
}

}  // namespace
}  // namespace entitysync::hub
