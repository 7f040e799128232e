#include "gateway/fetch/batch_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/testing/fake_source.h"
#include "tests/testing/manual_loops.h"

namespace entitysync::fetch {
namespace {

using Sizes = std::vector<size_t>;

// Two sources and a queue that lets up to three questions travel together.
class BatchQueueTest : public ::testing::Test {
 protected:
  std::unique_ptr<FetchCall> Add(const std::string& id) { return Add(id, source_); }
  std::unique_ptr<FetchCall> Add(const std::string& id, EntitySource& source) {
    return queue_.Add(source,
                      {.key = {"items", id}, .secret = secret_, .reason = FetchReason::kRevalidate},
                      [this, id](FetchAnswer) { answered_.push_back(id); });
  }
  // Runs `task` as one turn of the loop.
  void Turn(base::Task task) {
    loop_.Post(std::move(task));
    loops_.RunReady();
  }

  testing::ManualLoops loops_;
  base::Executor& loop_ = loops_.Add();
  prometheus::Registry registry_;
  metrics::HubMetrics metrics_{registry_};
  testing::FakeSource source_;
  testing::FakeSource other_source_;
  BatchQueue queue_{loop_, 3, metrics_};
  const Secret secret_ = std::make_shared<const std::string>();
  std::vector<std::unique_ptr<FetchCall>> calls_;
  std::vector<std::string> answered_;
};

TEST_F(BatchQueueTest, WhatBeginsInOneTurnTravelsTogetherUpToTheLimit) {
  Turn([&] {
    for (const char* id : {"1", "2", "3", "4", "5"}) calls_.push_back(Add(id));
    EXPECT_EQ(source_.open(), 0u) << "not before the turn's end";
  });
  EXPECT_EQ(source_.batches(), (Sizes{3, 2}));
  ASSERT_EQ(source_.open(), 5u);
  EXPECT_EQ(source_.request(0).key.id, "1");
  EXPECT_EQ(source_.request(4).key.id, "5");
  EXPECT_EQ(metrics_.batches.Value(), 2);
}

TEST_F(BatchQueueTest, OneAloneIsAPlainFetch) {
  Turn([&] { calls_.push_back(Add("1")); });
  EXPECT_EQ(source_.batches(), Sizes{});
  EXPECT_EQ(source_.open(), 1u);
}

TEST_F(BatchQueueTest, EachTurnSendsItsOwn) {
  Turn([&] { calls_.push_back(Add("1")), calls_.push_back(Add("2")); });
  Turn([&] { calls_.push_back(Add("3")), calls_.push_back(Add("4")); });
  EXPECT_EQ(source_.batches(), (Sizes{2, 2}));
}

TEST_F(BatchQueueTest, WhatIsCancelledBeforeTheTurnsEndNeverLeaves) {
  Turn([&] {
    for (const char* id : {"1", "2", "3"}) calls_.push_back(Add(id));
    calls_.erase(calls_.begin() + 1);
  });
  EXPECT_EQ(source_.started(), 2u);
  EXPECT_EQ(source_.request(1).key.id, "3");
}

TEST_F(BatchQueueTest, WhatIsCancelledLaterIsCancelledAlone) {
  Turn([&] {
    for (const char* id : {"1", "2", "3"}) calls_.push_back(Add(id));
  });
  calls_.erase(calls_.begin());
  ASSERT_EQ(source_.open(), 2u);
  source_.AnswerRows({"two"});
  source_.AnswerRows({"three"});
  EXPECT_EQ(answered_, (std::vector<std::string>{"2", "3"}));
}

TEST_F(BatchQueueTest, SourcesAreNeverMixed) {
  Turn([&] {
    calls_.push_back(Add("1"));
    calls_.push_back(Add("2"));
    calls_.push_back(Add("3", other_source_));
  });
  EXPECT_EQ(source_.batches(), Sizes{2});
  EXPECT_EQ(other_source_.open(), 1u);
}

TEST_F(BatchQueueTest, AnEmptyTurnSendsNothing) {
  Turn([&] { Add("1").reset(); });
  EXPECT_EQ(source_.started(), 0u);
}

}  // namespace
}  // namespace entitysync::fetch
