// NotifyLater: queued, merged, retried, flushed, and honest about what it dropped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "entitysync/notifier.h"
#include "tests/testing/fake_gateway.h"

namespace entitysync {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::FakeGateway;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// Keeps the lines that a notifier logs.
class Lines {
 public:
  LogFunction function() {
    return [this](std::string_view line) {
      std::lock_guard lock(mutex_);
      text_ += std::string(line) + "\n";
    };
  }
  std::string text() {
    std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

class NotifyLaterTest : public ::testing::Test {
 protected:
  NotifyLaterTest() {
    options_.gateways = {gateway_.address()};
    options_.min_backoff = milliseconds(1);
    options_.max_backoff = milliseconds(5);
    options_.attempt_timeout = seconds(20);
    options_.flush_timeout = milliseconds(20);
    options_.log = lines_.function();
  }

  Notifier& Start() {
    notifier_ = *Notifier::Create(options_);
    return *notifier_;
  }

  // Gets the sending thread stuck in a call, so that what comes next gathers.
  void OccupySender(Notifier& notifier) {
    gateway_.Block();
    ASSERT_TRUE(notifier.NotifyLater(EntityKey{"items", "first"}));
    ASSERT_TRUE(gateway_.WaitForCalls(1));
  }

  std::multiset<std::string> IdsDelivered(size_t from_call = 0) const {
    std::multiset<std::string> ids;
    const auto calls = gateway_.Calls();
    for (size_t i = from_call; i < calls.size(); ++i) {
      for (const auto& change : calls[i].changes) ids.insert(change.key().id());
    }
    return ids;
  }

  FakeGateway gateway_;
  Lines lines_;
  NotifierOptions options_;
  std::unique_ptr<Notifier> notifier_;
};

TEST_F(NotifyLaterTest, GathersWhileACallIsUnderWayAndMergesEqualKeys) {
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

TEST_F(NotifyLaterTest, AChangeDuringTheSendingOfItsKeyIsSentAgain) {
  Notifier& notifier = Start();
  OccupySender(notifier);
  EXPECT_TRUE(notifier.NotifyLater(EntityKey{"items", "first"}));
  gateway_.Unblock();

  ASSERT_TRUE(notifier.Flush(seconds(20)));

  EXPECT_THAT(IdsDelivered(), ElementsAre("first", "first"));
}

TEST_F(NotifyLaterTest, RetriesWhatFailed) {
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

TEST_F(NotifyLaterTest, AFullQueueDropsCountsAndWarns) {
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

TEST_F(NotifyLaterTest, GivesUpAfterTheConfiguredTime) {
  options_.later_retry_for = milliseconds(30);
  gateway_.AnswerNext(std::vector<grpc::Status>(100'000, {grpc::StatusCode::UNAVAILABLE, "away"}));
  Notifier& notifier = Start();
  EXPECT_TRUE(notifier.NotifyLater(EntityKey{"items", "1"}));

  ASSERT_TRUE(notifier.Flush(seconds(20)));

  EXPECT_EQ(notifier.Stats().dropped, 1u);
  EXPECT_THAT(lines_.text(), HasSubstr("dropped 1 changes: UNAVAILABLE"));
}

TEST_F(NotifyLaterTest, ATypeWithoutTargetDoesNotCostTheOthers) {
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

TEST_F(NotifyLaterTest, ARefusedBatchIsHalvedDownToTheBadOne) {
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

TEST_F(NotifyLaterTest, AnInvalidKeyIsDroppedAtTheDoor) {
  Notifier& notifier = Start();
  EXPECT_FALSE(notifier.NotifyLater(EntityKey{"items", "\xff"}));
  EXPECT_EQ(notifier.Stats().dropped, 1u);
}

TEST_F(NotifyLaterTest, StopSendsWhatWaits) {
  gateway_.AnswerNext({{grpc::StatusCode::UNAVAILABLE, "no echo"}});
  options_.flush_timeout = seconds(20);
  Notifier& notifier = Start();
  for (int i = 0; i < 100; ++i) notifier.NotifyLater(EntityKey{"items", std::to_string(i)});

  notifier.Stop();

  EXPECT_EQ(notifier.Stats().sent, 100u);
  EXPECT_FALSE(notifier.NotifyLater(EntityKey{"items", "late"}));
}

TEST_F(NotifyLaterTest, StopIsBoundedAndCountsWhatItLeaves) {
  options_.flush_timeout = milliseconds(20);
  Notifier& notifier = Start();
  OccupySender(notifier);
  for (const char* id : {"a", "b"}) EXPECT_TRUE(notifier.NotifyLater(EntityKey{"items", id}));

  notifier.Stop();  // The gateway still answers nothing.

  EXPECT_EQ(notifier.Stats().dropped, 3u);
  EXPECT_EQ(notifier.Stats().waiting, 0u);
}

}  // namespace
}  // namespace entitysync
