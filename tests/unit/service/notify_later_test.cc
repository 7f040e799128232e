// NotifyLater: queued, merged, retried, flushed, and honest about what it dropped; by calls and on
// streams.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/service/later_fixture.h"

namespace entitysync {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::FakeGateway;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class NotifyLaterTest : public ::testing::TestWithParam<FakeGateway::Streams>,
                        protected LaterFixture {
 protected:
  NotifyLaterTest() : LaterFixture(GetParam()) {}
};

class NotifyLaterByCallsTest : public ::testing::Test, protected LaterFixture {
 protected:
  NotifyLaterByCallsTest() : LaterFixture(FakeGateway::Streams::kNo) {}
};

TEST_F(NotifyLaterByCallsTest, GathersWhileACallIsUnderWayAndMergesEqualKeys) {
  Notifier& notifier = Start();
  OccupySender(notifier);
  for (int round = 0; round < 3; ++round) {
    for (const char* id : {"a", "b"}) EXPECT_TRUE(notifier.NotifyLater(EntityKey{"items", id}));
  }
  gateway_.Unblock();

  ASSERT_TRUE(notifier.Flush(seconds(20)));

  EXPECT_THAT(gateway_.Calls(), SizeIs(2));
  EXPECT_THAT(IdsDelivered(1), ElementsAre("a", "b"));
  EXPECT_EQ(notifier.Stats().coalesced, 4u);
  EXPECT_EQ(notifier.Stats().sent, 3u);
}

TEST_P(NotifyLaterTest, AChangeDuringTheSendingOfItsKeyIsSentAgain) {
  Notifier& notifier = Start();
  OccupySender(notifier);
  EXPECT_TRUE(notifier.NotifyLater(EntityKey{"items", "first"}));
  gateway_.Unblock();

  ASSERT_TRUE(notifier.Flush(seconds(20)));

  EXPECT_THAT(IdsDelivered(), ElementsAre("first", "first"));
}

TEST_P(NotifyLaterTest, RetriesWhatFailed) {
  gateway_.AnswerNext({{grpc::StatusCode::UNAVAILABLE, "no echo"},
                       {grpc::StatusCode::UNAUTHENTICATED, "the key is being rotated"}});
  Notifier& notifier = Start();
  EXPECT_TRUE(notifier.NotifyLater(EntityKey{"items", "1"}));

  ASSERT_TRUE(notifier.Flush(seconds(20)));

  EXPECT_THAT(gateway_.Calls(), SizeIs(3));
  EXPECT_EQ(notifier.Stats().sent, 1u);
  EXPECT_EQ(notifier.Stats().retries, 2u);
  EXPECT_EQ(notifier.Stats().dropped, 0u);
}

TEST_F(NotifyLaterByCallsTest, AFullQueueDropsCountsAndWarns) {
  options_.later_queue = 3;
  Notifier& notifier = Start();
  OccupySender(notifier);
  EXPECT_TRUE(notifier.NotifyLater(EntityKey{"items", "a"}));
  EXPECT_TRUE(notifier.NotifyLater(EntityKey{"items", "b"}));

  EXPECT_FALSE(notifier.NotifyLater(EntityKey{"items", "c"}));
  EXPECT_TRUE(notifier.NotifyLater(EntityKey{"items", "a"})) << "merged: needs no room";

  EXPECT_EQ(notifier.Stats().dropped, 1u);
  EXPECT_EQ(notifier.Stats().waiting, 3u);
  EXPECT_THAT(lines_.text(), HasSubstr("queue is full"));
}

TEST_P(NotifyLaterTest, GivesUpAfterTheConfiguredTime) {
  options_.later_retry_for = milliseconds(30);
  gateway_.AnswerNext(std::vector<grpc::Status>(100'000, {grpc::StatusCode::UNAVAILABLE, "away"}));
  Notifier& notifier = Start();
  EXPECT_TRUE(notifier.NotifyLater(EntityKey{"items", "1"}));

  ASSERT_TRUE(notifier.Flush(seconds(20)));

  EXPECT_EQ(notifier.Stats().dropped, 1u);
  EXPECT_THAT(lines_.text(), HasSubstr("dropped 1 changes: UNAVAILABLE"));
}

TEST_P(NotifyLaterTest, ATypeWithoutTargetDoesNotCostTheOthers) {
  gateway_.RefuseEntity("typo", {grpc::StatusCode::NOT_FOUND, "no target"});
  Notifier& notifier = Start();
  OccupySender(notifier);
  for (const char* id : {"1", "2", "3"}) {
    EXPECT_TRUE(notifier.NotifyLater(EntityKey{"items", id}));
    EXPECT_TRUE(notifier.NotifyLater(EntityKey{"typo", id}));
  }
  gateway_.Unblock();

  ASSERT_TRUE(notifier.Flush(seconds(20)));

  EXPECT_EQ(notifier.Stats().sent, 4u);
  EXPECT_EQ(notifier.Stats().dropped, 3u);
  EXPECT_THAT(lines_.text(), HasSubstr("no target for entity type 'typo'"));
}

TEST_F(NotifyLaterByCallsTest, ARefusedBatchIsHalvedDownToTheBadOne) {
  Notifier& notifier = Start();
  OccupySender(notifier);
  for (const char* id : {"1", "2", "3", "4"}) {
    EXPECT_TRUE(notifier.NotifyLater(EntityKey{"items", id}));
  }
  const grpc::Status invalid(grpc::StatusCode::INVALID_ARGUMENT, "'1' is not a key");
  // The first call; the four; the first two of them; the first.
  gateway_.AnswerNext({grpc::Status::OK, invalid, invalid, invalid});
  gateway_.Unblock();

  ASSERT_TRUE(notifier.Flush(seconds(20)));

  EXPECT_EQ(notifier.Stats().dropped, 1u);
  EXPECT_EQ(notifier.Stats().sent, 4u);
  EXPECT_THAT(lines_.text(), Not(HasSubstr("'1'"))) << "ids are not logged";
}

// A gateway that is busy is not asked for every half at once.
TEST_F(NotifyLaterByCallsTest, WhatAGatewayHasNoRoomForIsHalvedAndRetriedAfterAWait) {
  options_.min_backoff = options_.max_backoff = milliseconds(40);
  Notifier& notifier = Start();
  OccupySender(notifier);
  for (const char* id : {"1", "2", "3", "4"}) {
    EXPECT_TRUE(notifier.NotifyLater(EntityKey{"items", id}));
  }
  const grpc::Status no_room(grpc::StatusCode::RESOURCE_EXHAUSTED, "busy");
  // The first call; then the four, a half of them, and a single one are refused.
  gateway_.AnswerNext({grpc::Status::OK, no_room, no_room, no_room});
  const auto begin = std::chrono::steady_clock::now();
  gateway_.Unblock();

  ASSERT_TRUE(notifier.Flush(seconds(20)));

  EXPECT_EQ(notifier.Stats().dropped, 0u);
  EXPECT_EQ(notifier.Stats().sent, 5u);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(40));
}

TEST_F(NotifyLaterByCallsTest, WhatGatewaysNeverHaveRoomForIsGivenUpInTime) {
  options_.later_retry_for = milliseconds(500);
  gateway_.RefuseEntity("items", {grpc::StatusCode::RESOURCE_EXHAUSTED, "busy"});
  Notifier& notifier = Start();
  ASSERT_TRUE(notifier.NotifyLater(EntityKey{"others", "1"}));  // Connecting is no retry.
  ASSERT_TRUE(notifier.Flush(seconds(20)));
  EXPECT_TRUE(notifier.NotifyLater(EntityKey{"items", "1"}));

  ASSERT_TRUE(notifier.Flush(seconds(20)));

  EXPECT_EQ(notifier.Stats().dropped, 1u);
  EXPECT_GT(notifier.Stats().retries, 0u);
  EXPECT_THAT(lines_.text(), HasSubstr("dropped 1 changes: RESOURCE_EXHAUSTED"));
}

TEST_P(NotifyLaterTest, AnInvalidKeyIsDroppedAtTheDoor) {
  Notifier& notifier = Start();
  EXPECT_FALSE(notifier.NotifyLater(EntityKey{"items", "\xff"}));
  EXPECT_EQ(notifier.Stats().dropped, 1u);
}

TEST_P(NotifyLaterTest, StopSendsWhatWaits) {
  gateway_.AnswerNext({{grpc::StatusCode::UNAVAILABLE, "no echo"}});
  options_.flush_timeout = seconds(20);
  Notifier& notifier = Start();
  for (int i = 0; i < 100; ++i) notifier.NotifyLater(EntityKey{"items", std::to_string(i)});

  notifier.Stop();

  EXPECT_EQ(notifier.Stats().sent, 100u);
  EXPECT_FALSE(notifier.NotifyLater(EntityKey{"items", "late"}));
}

TEST_P(NotifyLaterTest, StopIsBoundedAndCountsWhatItLeaves) {
  options_.flush_timeout = milliseconds(20);
  Notifier& notifier = Start();
  OccupySender(notifier);
  for (const char* id : {"a", "b"}) EXPECT_TRUE(notifier.NotifyLater(EntityKey{"items", id}));

  notifier.Stop();  // The gateway still answers nothing.

  EXPECT_EQ(notifier.Stats().dropped, 3u);
  EXPECT_EQ(notifier.Stats().waiting, 0u);
}

INSTANTIATE_TEST_SUITE_P(, NotifyLaterTest,
                         ::testing::Values(FakeGateway::Streams::kNo, FakeGateway::Streams::kYes),
                         [](const auto& param) {
                           return param.param == FakeGateway::Streams::kNo ? "Calls" : "Streams";
                         });

}  // namespace
}  // namespace entitysync
