#include "gateway/fetch/batch_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/testing/fake_source.h"
#include "tests/testing/manual_loops.h"

namespace entitysync::fetch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Sizes = std::vector<size_t>;
using Ids = std::vector<std::string>;

// One question of a pair.
class Question final : public Asker {
 public:
  Question(BatchQueue& queue, std::string id, Ids& answered, std::string secret = "")
      : queue_(queue),
        key_{"items", std::move(id)},
        secret_(std::move(secret)),
        answered_(answered) {}
  ~Question() override { queue_.Forget(*this); }

  void Ask(bool alone = false) { queue_.Ask(*this, alone); }

  FetchRequest OnSend(base::TimePoint) override { return {.key = key_, .secret = secret_}; }
  void OnAnswer(FetchAnswer answer, base::TimePoint) override {
    answered_.push_back(answer.status.ok() ? key_.id : "failed " + key_.id);
    ended.reset();
  }

  std::unique_ptr<Question> ended;  // By its answer.

 private:
  BatchQueue& queue_;
  const base::EntityKey key_;
  const std::string secret_;
  Ids& answered_;
};

// A queue with a window of 2 ms that lets up to three questions travel together.
class BatchQueueTest : public ::testing::Test {
 protected:
  // Runs `task` as one turn of the loop.
  void Turn(base::Task task) {
    loop_.Post(std::move(task));
    loops_.RunReady();
  }
  Question& New(const std::string& id, std::string secret = "") {
    questions_.push_back(std::make_unique<Question>(queue_, id, answered_, std::move(secret)));
    return *questions_.back();
  }
  // Asks so many in one turn, called 1, 2, …, or from `first` on.
  void Ask(int count, int first = 1) {
    Turn([&] {
      for (int i = 0; i < count; ++i) New(std::to_string(first + i)).Ask();
    });
  }
  // Answers the oldest so many.
  void Answer(size_t count) {
    Turn([&] {
      for (size_t i = 0; i < count; ++i) source_.AnswerRows({"row"});
    });
  }
  // After this, those who ask gather.
  void KeepBusy() {
    Ask(1, 100);
    ASSERT_EQ(source_.open(), 1u);
  }

  testing::ManualLoops loops_;
  base::Executor& loop_ = loops_.Add();
  prometheus::Registry registry_;
  metrics::HubMetrics metrics_{registry_};
  testing::FakeSource source_;
  BatchQueue queue_{loop_, source_, {.max_items = 3, .window = milliseconds(2)}, metrics_};
  Ids answered_;
  std::vector<std::unique_ptr<Question>> questions_;
};

TEST_F(BatchQueueTest, WhenNothingIsUnderWayATurnGoesOutAtItsEnd) {
  Turn([&] {
    for (const char* id : {"1", "2", "3", "4", "5"}) New(id).Ask();
    EXPECT_EQ(source_.open(), 0u) << "not before";
  });
  EXPECT_EQ(source_.batches(), (Sizes{3, 2}));
  ASSERT_EQ(source_.open(), 5u);
  EXPECT_EQ(source_.request(0).key.id, "1");
  EXPECT_EQ(source_.request(4).key.id, "5");
  EXPECT_EQ(metrics_.calls_turn.Value(), 2);
}

TEST_F(BatchQueueTest, OneThatComesWhileNothingIsUnderWayWaitsForNothing) {
  Ask(1);
  EXPECT_EQ(source_.open(), 1u);
  EXPECT_EQ(source_.batches(), Sizes{});
}

TEST_F(BatchQueueTest, WhileACallIsUnderWayTheyGatherForAsLongAsTheWindow) {
  KeepBusy();
  Ask(1);
  loops_.Advance(milliseconds(1));
  Ask(1, 2);
  loops_.Advance(milliseconds(1) - base::Duration(1));
  EXPECT_EQ(source_.open(), 1u);
  loops_.Advance(base::Duration(1));
  EXPECT_EQ(source_.open(), 3u) << "the window counts from the first";
  EXPECT_EQ(source_.batches(), Sizes{2});
  EXPECT_EQ(metrics_.calls_window.Value(), 1);
}

TEST_F(BatchQueueTest, EachWindowBeginsWithItsFirst) {
  KeepBusy();
  Ask(1);
  loops_.Advance(milliseconds(1));
  Answer(1);  // Sends what waited; its timer runs on.
  ASSERT_EQ(source_.open(), 1u);
  Ask(1, 2);
  loops_.Advance(milliseconds(2) - base::Duration(1));
  EXPECT_EQ(source_.open(), 1u);
  loops_.Advance(base::Duration(1));
  EXPECT_EQ(source_.open(), 2u);
}

TEST_F(BatchQueueTest, AsManyAsACallTakesWaitNoLonger) {
  KeepBusy();
  Ask(2);
  ASSERT_EQ(source_.open(), 1u);
  Ask(5, 3);
  EXPECT_EQ(source_.batches(), (Sizes{3, 3}));
  EXPECT_EQ(source_.request(1).key.id, "1");
  EXPECT_EQ(metrics_.calls_full.Value(), 2);
  loops_.Advance(milliseconds(2));
  EXPECT_EQ(source_.open(), 8u) << "and the rest follows";
}

TEST_F(BatchQueueTest, TheyGoOutWhenTheCallsUnderWayAreAnswered) {
  KeepBusy();
  Ask(3);  // Another call.
  ASSERT_EQ(source_.open(), 4u);
  Ask(2, 4);
  Answer(1);
  EXPECT_EQ(source_.open(), 3u) << "one is still under way";
  Answer(3);
  EXPECT_EQ(source_.open(), 2u);
  EXPECT_EQ(source_.batches(), (Sizes{3, 2}));
  EXPECT_EQ(metrics_.calls_answered.Value(), 1);
}

TEST_F(BatchQueueTest, NorDoTheyWaitForACallThatNobodyWants) {
  KeepBusy();
  Ask(2);
  Turn([&] { questions_.erase(questions_.begin()); });
  EXPECT_EQ(source_.open(), 2u);
}

TEST_F(BatchQueueTest, WithoutAWindowOnlyATurnTravelsTogether) {
  BatchQueue queue(loop_, source_, {.max_items = 3}, metrics_);
  std::vector<std::unique_ptr<Question>> questions;
  for (const char* id : {"1", "2", "3", "4"}) {
    questions.push_back(std::make_unique<Question>(queue, id, answered_));
  }
  Turn([&] { questions[0]->Ask(), questions[1]->Ask(); });
  Turn([&] { questions[2]->Ask(), questions[3]->Ask(); });
  EXPECT_EQ(source_.batches(), (Sizes{2, 2}));
  questions.clear();
}

TEST_F(BatchQueueTest, EachGetsItsOwnAnswer) {
  Ask(3);
  Turn([&] {
    source_.AnswerRows({"row"});
    source_.AnswerError(absl::StatusCode::kUnavailable);
    EXPECT_EQ(answered_, Ids{});
    source_.AnswerRows({"row"});
  });
  EXPECT_EQ(answered_, (Ids{"1", "failed 2", "3"}));
}

TEST_F(BatchQueueTest, WhatIsForgottenBeforeItIsSentNeverLeaves) {
  Turn([&] {
    for (const char* id : {"1", "2", "3"}) New(id).Ask();
    questions_.erase(questions_.begin() + 1);
  });
  EXPECT_EQ(source_.started(), 2u);
  EXPECT_EQ(source_.request(1).key.id, "3");
}

TEST_F(BatchQueueTest, WhatIsForgottenLaterIsDroppedAlone) {
  Ask(3);
  Turn([&] { questions_.erase(questions_.begin()); });
  EXPECT_EQ(source_.open(), 2u);
  Answer(2);
  EXPECT_EQ(answered_, (Ids{"2", "3"}));
}

TEST_F(BatchQueueTest, TheLastThatIsForgottenEndsTheCall) {
  Ask(2);
  Turn([&] { questions_.clear(); });
  EXPECT_EQ(source_.open(), 0u);
}

TEST_F(BatchQueueTest, AnAnswerMayEndOthersOfItsCall) {
  Ask(3);
  questions_[0]->ended = std::move(questions_[2]);
  Answer(3);
  EXPECT_EQ(answered_, (Ids{"1", "2"}));
}

TEST_F(BatchQueueTest, WhatIsNotAnsweredInOneCallIsAskedOneByOneAtOnce) {
  Ask(3);
  Turn([&] { questions_.erase(questions_.begin() + 1); });
  Turn([&] { source_.Decline(); });
  EXPECT_EQ(source_.open(), 2u);
  EXPECT_EQ(source_.batches(), Sizes{3});
  EXPECT_EQ(metrics_.calls_alone.Value(), 2);
  Answer(1);
  EXPECT_EQ(answered_, Ids{"1"}) << "and waits for no other";
}

TEST_F(BatchQueueTest, ASourceThatTakesNoBatchesIsAskedAtOnceAndNobodyWaits) {
  source_.max_items = 1;
  Turn([&] {
    New("1").Ask();
    New("2").Ask();
    EXPECT_EQ(source_.open(), 2u);
  });
  Ask(1, 3);
  EXPECT_EQ(source_.open(), 3u);
  EXPECT_EQ(source_.batches(), Sizes{});
}

TEST_F(BatchQueueTest, ASourceThatTakesFewerGetsFewer) {
  KeepBusy();
  source_.max_items = 2;
  Ask(3);
  EXPECT_EQ(source_.batches(), Sizes{2});
  EXPECT_EQ(source_.open(), 3u);
}

TEST_F(BatchQueueTest, NobodyGathersForASourceThatTakesNoBatchesAnyMore) {
  KeepBusy();
  Ask(2);
  source_.max_items = 1;
  loops_.Advance(milliseconds(2));
  EXPECT_EQ(source_.open(), 3u);
  EXPECT_EQ(source_.batches(), Sizes{});
}

TEST_F(BatchQueueTest, LargeQuestionsDivideACall) {
  const std::string secret(BatchQueue::kMaxBytes / 2, 's');
  Turn([&] {
    for (const char* id : {"1", "2", "3"}) New(id, secret).Ask();
  });
  EXPECT_EQ(source_.open(), 3u);
  EXPECT_EQ(source_.batches(), Sizes{});
}

TEST_F(BatchQueueTest, WhoIsToGoAloneDoesSoAtOnceAndHoldsUpNobody) {
  Turn([&] {
    New("1").Ask(/*alone=*/true);
    EXPECT_EQ(source_.open(), 1u);
  });
  Ask(1, 2);
  EXPECT_EQ(source_.open(), 2u) << "what goes alone is no reason to gather";
}

// Asks two together, and answers them after so long.
#define TWO_TOGETHER(took)                                     \
  do {                                                         \
    Turn([&] { questions_[0]->Ask(), questions_[1]->Ask(); }); \
    ASSERT_EQ(source_.open(), 2u);                             \
    loops_.Advance(took);                                      \
    Answer(2);                                                 \
  } while (false)

TEST_F(BatchQueueTest, WhoWasInASlowCallIsAskedAloneUntilItIsQuick) {
  New("1"), New("2");
  TWO_TOGETHER(milliseconds(1));
  TWO_TOGETHER(seconds(1));
  ASSERT_EQ(source_.batches(), (Sizes{2, 2}));
  TWO_TOGETHER(milliseconds(1));
  EXPECT_EQ(source_.batches(), (Sizes{2, 2})) << "alone";
  TWO_TOGETHER(milliseconds(1));
  EXPECT_EQ(source_.batches(), (Sizes{2, 2, 2})) << "both were quick";
}

TEST_F(BatchQueueTest, WhoStaysSlowStaysAloneForAWhile) {
  New("1"), New("2");
  TWO_TOGETHER(milliseconds(1));
  TWO_TOGETHER(seconds(1));
  TWO_TOGETHER(seconds(1));
  TWO_TOGETHER(seconds(1));
  EXPECT_EQ(source_.batches(), (Sizes{2, 2}));
  loops_.Advance(BatchQueue::kAloneFor);
  TWO_TOGETHER(milliseconds(1));
  EXPECT_EQ(source_.batches(), (Sizes{2, 2, 2})) << "it may be another by now";
}

TEST_F(BatchQueueTest, ATargetThatIsAlwaysSlowIsAskedTogetherInTheEnd) {
  New("1"), New("2");
  // It is asked every second, and takes longer than what is usual at first.
  for (int i = 0; i < 300; ++i) {
    TWO_TOGETHER(milliseconds(150));
    loops_.Advance(milliseconds(850));
  }
  const size_t before = source_.batches().size();
  for (int i = 0; i < 10; ++i) TWO_TOGETHER(milliseconds(150));
  EXPECT_EQ(source_.batches().size(), before + 10);
}

TEST_F(BatchQueueTest, WhoseAnswerAloneIsTooLargeCostsNoOthersTheirCall) {
  New("1"), New("2");
  Turn([&] { questions_[0]->Ask(/*alone=*/true); });
  Turn([&] { source_.AnswerError(absl::StatusCode::kResourceExhausted); });
  Turn([&] { questions_[0]->Ask(), questions_[1]->Ask(); });
  EXPECT_EQ(source_.open(), 2u);
  EXPECT_EQ(source_.batches(), Sizes{}) << "each in a call of its own";
}

TEST_F(BatchQueueTest, AnAnswerThatComesWhenAllIsGoneIsIgnored) {
  auto queue = std::make_unique<BatchQueue>(loop_, source_, BatchOptions{}, metrics_);
  auto question = std::make_unique<Question>(*queue, "1", answered_);
  Turn([&] { question->Ask(); });
  source_.AnswerRows({"row"});  // On its way to the loop.
  question.reset();
  queue.reset();
  loops_.RunReady();
  EXPECT_EQ(answered_, Ids{});
}

}  // namespace
}  // namespace entitysync::fetch
