// NotifyLater over streams: resending, and calls where streams are of no use.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/service/later_fixture.h"

namespace entitysync {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeGateway;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using OnStream = FakeGateway::OnStream;

class NotifyOverStreamTest : public ::testing::Test, protected LaterFixture {
 protected:
  NotifyOverStreamTest() : LaterFixture(FakeGateway::Streams::kYes) {}

  // One after another, each sent before the next.
  void NotifyOneByOne(Notifier& notifier, int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(notifier.NotifyLater(EntityKey{"items", std::to_string(i)}));
      ASSERT_TRUE(notifier.Flush(seconds(20)));
    }
  }

  size_t CallsOffStream() const {
    size_t count = 0;
    for (const FakeGateway::Call& call : gateway_.Calls()) count += call.on_stream ? 0 : 1;
    return count;
  }
};

TEST_F(NotifyOverStreamTest, OneStreamCarriesAll) {
  options_.key = "k3y";
  Notifier& notifier = Start();
  NotifyOneByOne(notifier, 5);
  EXPECT_EQ(gateway_.OpenedStreams(), 1u);
  EXPECT_THAT(gateway_.Calls(), SizeIs(5));
  EXPECT_EQ(CallsOffStream(), 0u);
  EXPECT_EQ(gateway_.Calls()[0].authorization, "Bearer k3y");
  EXPECT_EQ(notifier.Stats().sent, 5u);
  EXPECT_EQ(notifier.Stats().retries, 0u);
}

TEST_F(NotifyOverStreamTest, ARequestDoesNotWaitForTheAnswerToTheOneBefore) {
  gateway_.SetStreams(OnStream::kCount);
  Notifier& notifier = Start();
  ASSERT_TRUE(notifier.NotifyLater(EntityKey{"items", "1"}));
  ASSERT_TRUE(gateway_.WaitForCalls(1));
  ASSERT_TRUE(notifier.NotifyLater(EntityKey{"items", "2"}));
  EXPECT_TRUE(notifier.Flush(seconds(20))) << "one answer stands for both";
  EXPECT_EQ(notifier.Stats().sent, 2u);
  EXPECT_THAT(gateway_.Calls(), SizeIs(2));
}

TEST_F(NotifyOverStreamTest, WhatComesOneByOneGathersForAMillisecond) {
  using Clock = std::chrono::steady_clock;
  Notifier& notifier = Start();
  const Clock::time_point begin = Clock::now();
  for (int i = 0; i < 500; ++i) {
    while (Clock::now() < begin + i * std::chrono::microseconds(20)) {
    }
    ASSERT_TRUE(notifier.NotifyLater(EntityKey{"items", std::to_string(i)}));
  }
  ASSERT_TRUE(notifier.Flush(seconds(20)));
  const auto took = Clock::now() - begin;
  EXPECT_EQ(notifier.Stats().sent, 500u);
  EXPECT_THAT(IdsDelivered(), SizeIs(500));
  EXPECT_LE(gateway_.Calls().size(), static_cast<size_t>(took / milliseconds(1)) + 2);
}

TEST_F(NotifyOverStreamTest, WhatAStreamDidNotConfirmIsSentAgainOnAnother) {
  Notifier& notifier = Start();
  NotifyOneByOne(notifier, 1);
  gateway_.SetStreams(OnStream::kBreak);
  NotifyOneByOne(notifier, 3);
  EXPECT_EQ(gateway_.OpenedStreams(), 2u);
  EXPECT_EQ(CallsOffStream(), 0u);
  EXPECT_EQ(IdsDelivered().count("0"), 3u) << "the second of them again";
  EXPECT_EQ(notifier.Stats().sent, 4u);
  EXPECT_EQ(notifier.Stats().retries, 1u);
}

TEST_F(NotifyOverStreamTest, AFailedRequestIsSentAgainOnTheSameStream) {
  gateway_.AnswerNext({{grpc::StatusCode::UNAVAILABLE, "no echo"}});
  Notifier& notifier = Start();
  NotifyOneByOne(notifier, 1);
  EXPECT_EQ(gateway_.OpenedStreams(), 1u);
  EXPECT_THAT(gateway_.Calls(), SizeIs(2));
  EXPECT_EQ(notifier.Stats().retries, 1u);
}

TEST_F(NotifyOverStreamTest, ABadChangeIsDroppedAndTheStreamGoesOn) {
  gateway_.RefuseEntity("typo", {grpc::StatusCode::NOT_FOUND, "no target"});
  Notifier& notifier = Start();
  ASSERT_TRUE(notifier.NotifyLater(EntityKey{"typo", "1"}));
  ASSERT_TRUE(notifier.Flush(seconds(20)));
  NotifyOneByOne(notifier, 2);
  EXPECT_EQ(gateway_.OpenedStreams(), 1u);
  EXPECT_EQ(notifier.Stats().dropped, 1u);
  EXPECT_EQ(notifier.Stats().sent, 2u);
  EXPECT_THAT(lines_.text(), HasSubstr("no target for entity type 'typo'"));
}

// It may be about to leave; the next may have room for a stream.
TEST_F(NotifyOverStreamTest, AStreamOfAGatewayThatIsAwayIsReplacedByAnother) {
  gateway_.SetStreams(OnStream::kBreak);
  Notifier& notifier = Start();
  NotifyOneByOne(notifier, 3);
  EXPECT_EQ(gateway_.OpenedStreams(), 2u);
  EXPECT_EQ(CallsOffStream(), 0u);
  EXPECT_EQ(notifier.Stats().sent, 3u);
  EXPECT_EQ(notifier.Stats().retries, 1u);
}

TEST_F(NotifyOverStreamTest, AStreamThatIsRefusedIsReplacedByCalls) {
  gateway_.SetStreams(OnStream::kRefuse);
  Notifier& notifier = Start();
  NotifyOneByOne(notifier, 3);
  EXPECT_EQ(gateway_.OpenedStreams(), 1u);
  EXPECT_EQ(CallsOffStream(), 3u);
  EXPECT_EQ(notifier.Stats().sent, 3u);
}

TEST_F(NotifyOverStreamTest, AStreamThatSaysNothingIsReplacedByCalls) {
  gateway_.SetStreams(OnStream::kSilent);
  options_.attempt_timeout = seconds(1);
  Notifier& notifier = Start();
  NotifyOneByOne(notifier, 3);
  EXPECT_EQ(gateway_.OpenedStreams(), 1u);
  EXPECT_EQ(CallsOffStream(), 3u);
  EXPECT_EQ(notifier.Stats().retries, 1u);
}

TEST_F(NotifyOverStreamTest, AStreamThatFallsSilentIsReplacedByAnother) {
  options_.attempt_timeout = seconds(1);
  Notifier& notifier = Start();
  NotifyOneByOne(notifier, 1);
  gateway_.SetStreams(OnStream::kSilentOnce);
  NotifyOneByOne(notifier, 1);
  EXPECT_THAT(gateway_.Calls(), SizeIs(3));
  EXPECT_EQ(gateway_.OpenedStreams(), 2u);
  EXPECT_EQ(CallsOffStream(), 0u);
}

TEST_F(NotifyOverStreamTest, WithoutTheOptionThereAreCallsOnly) {
  options_.later_stream = false;
  Notifier& notifier = Start();
  NotifyOneByOne(notifier, 2);
  EXPECT_EQ(gateway_.OpenedStreams(), 0u);
  EXPECT_EQ(CallsOffStream(), 2u);
}

TEST_F(NotifyOverStreamTest, WhatWaitsAndWhatIsUnderWayIsBoundedTogether) {
  gateway_.SetStreams(OnStream::kSilent);
  options_.later_queue = 2;
  Notifier& notifier = Start();
  ASSERT_TRUE(notifier.NotifyLater(EntityKey{"items", "1"}));
  ASSERT_TRUE(gateway_.WaitForCalls(1));
  ASSERT_TRUE(notifier.NotifyLater(EntityKey{"items", "2"}));
  EXPECT_FALSE(notifier.NotifyLater(EntityKey{"items", "3"}));
  EXPECT_EQ(notifier.Stats().waiting, 2u);
}

}  // namespace
}  // namespace entitysync
