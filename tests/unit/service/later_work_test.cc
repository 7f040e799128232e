#include "service/later_work.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace entitysync::service {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using Clock = LaterWork::Clock;

Change About(const std::string& id) { return {{"items", id}, {}}; }

std::vector<std::string> IdsOf(const Part& part) {
  std::vector<std::string> ids;
  for (const Change& change : part.changes) ids.push_back(change.key.id);
  return ids;
}

class LaterWorkTest : public ::testing::Test {
 protected:
  void Add(std::initializer_list<std::string> ids) {
    for (const std::string& id : ids) {
      ASSERT_EQ(work_.Add(About(id), 100), LaterWork::Taken::kQueued);
    }
  }
  // Sends so many of the next.
  void Send(uint64_t sequence, size_t max_changes = 100) {
    work_.SetUnderWay(sequence, work_.Take(max_changes, Clock::time_point::max()), Clock::now());
  }

  LaterWork work_;
};

TEST_F(LaterWorkTest, CountsWhatWaitsAndWhatIsUnderWay) {
  Add({"1", "2", "3"});
  Send(1, 2);
  EXPECT_EQ(work_.size(), 3u);
  EXPECT_EQ(work_.changes_under_way(), 2u);
  EXPECT_EQ(work_.Add(About("4"), 3), LaterWork::Taken::kNoRoom);
  EXPECT_EQ(work_.Add(About("3"), 3), LaterWork::Taken::kMerged);
  EXPECT_EQ(work_.Acknowledge(1), 2u);
  EXPECT_EQ(work_.size(), 1u);
  EXPECT_EQ(work_.Acknowledge(1), 0u);
}

TEST_F(LaterWorkTest, OneAcknowledgementStandsForAllBefore) {
  Add({"1", "2", "3"});
  Send(5, 1);
  Send(6, 1);
  Send(7, 1);
  EXPECT_EQ(work_.Acknowledge(6), 2u);
  EXPECT_EQ(work_.settled_up_to(), 2u);
  EXPECT_EQ(work_.Acknowledge(7), 1u);
  EXPECT_TRUE(work_.empty());
}

TEST_F(LaterWorkTest, WhatFailedIsNotAcknowledged) {
  Add({"1", "2"});
  Send(1, 1);
  Send(2, 1);
  auto failed = work_.TakeFailed(1);
  ASSERT_TRUE(failed);
  EXPECT_FALSE(work_.TakeFailed(1));
  EXPECT_EQ(work_.Acknowledge(2), 1u);
  std::vector<Part> again;
  again.push_back(std::move(*failed));
  work_.Return(std::move(again));
  EXPECT_EQ(work_.settled_up_to(), 0u);
  EXPECT_TRUE(work_.HasReturned());
  EXPECT_THAT(IdsOf(work_.Take(100, {})), ElementsAre("1"));
}

TEST_F(LaterWorkTest, WhatIsReturnedComesFirstAndInOrder) {
  Add({"1", "2", "3"});
  Send(1, 1);
  Send(2, 1);
  work_.ReturnAll(true, absl::UnavailableError("gone"));
  EXPECT_EQ(work_.changes_under_way(), 0u);
  EXPECT_EQ(work_.size(), 3u);
  const Part first = work_.Take(100, {});
  EXPECT_THAT(IdsOf(first), ElementsAre("1"));
  EXPECT_TRUE(first.is_retry);
  EXPECT_EQ(first.last_status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(IdsOf(work_.Take(100, {})), ElementsAre("2"));
  EXPECT_THAT(IdsOf(work_.Take(100, {})), ElementsAre("3"));
}

TEST_F(LaterWorkTest, SettledIsWhatNothingBeforeIsLeftOf) {
  Add({"1", "2", "3", "4"});
  EXPECT_EQ(work_.settled_up_to(), 0u);
  Send(1, 2);
  Send(2, 1);
  EXPECT_EQ(work_.settled_up_to(), 0u);
  work_.TakeFailed(1);  // And dropped.
  EXPECT_EQ(work_.settled_up_to(), 2u);
  work_.Acknowledge(2);
  EXPECT_EQ(work_.settled_up_to(), 3u);
  EXPECT_EQ(work_.last(), 4u);
}

TEST_F(LaterWorkTest, AllCanBeTaken) {
  Add({"1", "2", "3"});
  Send(1, 1);
  Send(2, 1);
  work_.ReturnAll(true, absl::UnavailableError("gone"));
  Send(3);
  EXPECT_THAT(work_.TakeAll(), SizeIs(3));
  EXPECT_TRUE(work_.empty());
  EXPECT_FALSE(work_.HasReturned());
  EXPECT_FALSE(work_.HasNew());
}

}  // namespace
}  // namespace entitysync::service
