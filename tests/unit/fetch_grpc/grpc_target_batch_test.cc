// Many questions in one call, and what happens where that does not work.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/unit/fetch_grpc/target_fixture.h"

namespace entitysync::fetch_grpc {
namespace {

using ::testing::ElementsAre;

class GrpcTargetBatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(application_.Start().ok());
    application_.OnFetch(
        [](const v1::FetchEntityRequest& request, v1::FetchEntityResponse& response) {
          response.add_rows(request.key().id() + " for " + request.secret());
          return grpc::Status::OK;
        });
    application_.AnswerBatchesByFetch();
  }

  GrpcTargetOptions Options() { return OptionsFor({application_.address()}); }

  testing::GrpcApplication application_;
};

// Questions with the ids 0, 1, … under the secrets s0, s1, ….
std::vector<Question> Questions(int count) {
  std::vector<Question> questions;
  for (int i = 0; i < count; ++i) {
    questions.push_back(QuestionFor(std::to_string(i), "s" + std::to_string(i)));
  }
  return questions;
}

void ExpectOwnRows(const fetch::FetchAnswers& answers, size_t count) {
  ASSERT_EQ(answers.size(), count);
  for (size_t i = 0; i < count; ++i) {
    ASSERT_TRUE(answers[i].status.ok()) << answers[i].status;
    EXPECT_THAT(answers[i].rows, ElementsAre(std::to_string(i) + " for s" + std::to_string(i)));
  }
}

void ExpectCodes(const fetch::FetchAnswers& answers, size_t count, absl::StatusCode code) {
  ASSERT_EQ(answers.size(), count);
  for (const fetch::FetchAnswer& answer : answers) EXPECT_EQ(answer.status.code(), code);
}

TEST_F(GrpcTargetBatchTest, EachItemOfOneCallGetsItsOwnAnswer) {
  application_.OnFetch([](const v1::FetchEntityRequest& request, v1::FetchEntityResponse& answer) {
    if (request.key().id() == "1") return grpc::Status(grpc::StatusCode::NOT_FOUND, "gone");
    answer.add_rows(request.key().entity() + request.secret());
    answer.set_version(request.min_version() + 1);
    return grpc::Status::OK;
  });
  const auto target = TargetFor(Options());
  std::vector<Question> questions = Questions(3);
  questions[2].min_version = 8;

  const fetch::FetchAnswers answers = FetchAll(*target, questions).Await();

  ASSERT_EQ(answers.size(), 3u);
  EXPECT_THAT(answers[0].rows, ElementsAre("itemss0"));
  EXPECT_EQ(answers[0].version, 1u);
  EXPECT_EQ(answers[1].status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(answers[2].version, 9u);
  EXPECT_EQ(application_.calls(), 1);
  EXPECT_EQ(application_.batches(), 1);
}

TEST_F(GrpcTargetBatchTest, AFullCallComesThroughAndASingleItemIsAFetch) {
  const auto target = TargetFor(Options());
  EXPECT_EQ(target->MaxItems(), kMaxBatchItems);
  ExpectOwnRows(FetchAll(*target, Questions(kMaxBatchItems)).Await(), kMaxBatchItems);
  EXPECT_EQ(application_.batches(), 1);
  ExpectOwnRows(FetchAll(*target, Questions(1)).Await(), 1);
  EXPECT_EQ(application_.batches(), 1);
}

TEST_F(GrpcTargetBatchTest, ACallThatFailsGivesItsStatusToEachItem) {
  application_.OnBatch([](const auto&, auto&) {
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "no database connection left");
  });
  const auto target = TargetFor(Options());
  ExpectCodes(FetchAll(*target, Questions(3)).Await(), 3, absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(application_.calls(), 1);
  EXPECT_EQ(target->MaxItems(), kMaxBatchItems) << "says nothing of batches";
}

TEST_F(GrpcTargetBatchTest, TooFewResultsAreNoAnswerToAnyItem) {
  application_.OnBatch([](const auto&, v1::FetchEntitiesResponse& response) {
    response.add_results()->mutable_response()->add_rows("whose?");
    return grpc::Status::OK;
  });
  const auto target = TargetFor(Options());
  ExpectCodes(FetchAll(*target, Questions(2)).Await(), 2, absl::StatusCode::kInternal);
}

TEST_F(GrpcTargetBatchTest, AnApplicationWithoutBatchesIsNotTriedAgainSoon) {
  application_.OnBatch(nullptr);
  GrpcTargetOptions options = Options();
  options.batch_pause = std::chrono::hours(1);
  const auto target = TargetFor(options);
  EXPECT_TRUE(FetchAll(*target, Questions(5)).Await().empty()) << "to be asked one by one";
  EXPECT_EQ(target->MaxItems(), 1u);
}

TEST_F(GrpcTargetBatchTest, AfterThePauseBatchesAreTriedAgain) {
  application_.OnBatch(nullptr);
  GrpcTargetOptions options = Options();
  options.batch_pause = base::Duration::zero();
  const auto target = TargetFor(options);
  EXPECT_TRUE(FetchAll(*target, Questions(2)).Await().empty());
  EXPECT_EQ(target->MaxItems(), kMaxBatchItems);
}

TEST_F(GrpcTargetBatchTest, AnItemThatIsUnimplementedSaysNothingAboutBatches) {
  application_.OnFetch([](const auto&, auto&) {
    return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "no such type");
  });
  const auto target = TargetFor(Options());
  ExpectCodes(FetchAll(*target, Questions(2)).Await(), 2, absl::StatusCode::kUnimplemented);
  EXPECT_EQ(target->MaxItems(), kMaxBatchItems);
}

TEST_F(GrpcTargetBatchTest, AnAnswerTooLargeToReceiveIsAskedForInParts) {
  application_.OnFetch([](const v1::FetchEntityRequest&, v1::FetchEntityResponse& answer) {
    answer.add_rows(std::string(1'000, 'x'));
    return grpc::Status::OK;
  });
  GrpcTargetOptions options = Options();
  options.max_receive_bytes = 3'000;
  const auto target = TargetFor(options);
  EXPECT_TRUE(FetchAll(*target, Questions(5)).Await().empty()) << "to be asked one by one";
  EXPECT_EQ(target->MaxItems(), 2u);
  ExpectCodes(FetchAll(*target, Questions(2)).Await(), 2, absl::StatusCode::kOk);
  EXPECT_EQ(target->MaxItems(), 2u);
}

TEST_F(GrpcTargetBatchTest, OneAnswerTooLargeToReceiveIsItsOwnAffair) {
  application_.OnFetch([](const v1::FetchEntityRequest&, v1::FetchEntityResponse& answer) {
    answer.add_rows(std::string(5'000, 'x'));
    return grpc::Status::OK;
  });
  GrpcTargetOptions options = Options();
  options.max_receive_bytes = 3'000;
  const auto target = TargetFor(options);
  EXPECT_EQ(CodeOf(Fetch(*target)), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(target->MaxItems(), kMaxBatchItems);
}

TEST_F(GrpcTargetBatchTest, CancellingTellsTheApplicationAndDropsTheCallback) {
  application_.Hold();
  const auto target = TargetFor(Options());
  std::atomic<bool> ran = false;
  auto token = std::make_shared<int>(0);
  const std::weak_ptr<int> alive = token;
  auto call = StartFetch(*target, Questions(2), [&ran, token](fetch::FetchAnswers) { ran = true; });
  token.reset();
  ASSERT_TRUE(application_.AwaitCalls(1));
  call->Drop(0);
  EXPECT_FALSE(alive.expired()) << "the other is wanted";
  call.reset();
  EXPECT_TRUE(alive.expired());
  EXPECT_TRUE(application_.AwaitCancels(1));
  EXPECT_TRUE(target->Stop(testing::kTestPatience));
  EXPECT_FALSE(ran);
}

TEST_F(GrpcTargetBatchTest, StopEndsBatchesPresentAndFuture) {
  application_.Hold();
  const auto target = TargetFor(Options());
  PendingAnswers batch = FetchAll(*target, Questions(2));
  ASSERT_TRUE(application_.AwaitCalls(1));

  EXPECT_TRUE(target->Stop(testing::kTestPatience));

  ExpectCodes(batch.Await(), 2, absl::StatusCode::kCancelled);
  ExpectCodes(FetchAll(*target, Questions(2)).Await(), 2, absl::StatusCode::kCancelled);
}

TEST_F(GrpcTargetBatchTest, CancellingAndStoppingWhileAnswersComeIsSafe) {
  for (int round = 0; round < 30; ++round) {
    if (round % 2 == 0) {
      application_.OnBatch(nullptr);
    } else {
      application_.AnswerBatchesByFetch();
    }
    const auto target = TargetFor(Options());
    std::atomic<int> answers = 0;
    std::vector<std::unique_ptr<fetch::FetchCall>> calls;
    for (int batch = 0; batch < 30; ++batch) {
      calls.push_back(
          StartFetch(*target, Questions(5), [&answers](fetch::FetchAnswers) { ++answers; }));
    }
    for (size_t i = 0; i < calls.size(); i += 3) calls[i].reset();
    EXPECT_TRUE(target->Stop(testing::kTestPatience));
    EXPECT_GE(answers, 20);
    EXPECT_LE(answers, 30);
  }
}

}  // namespace
}  // namespace entitysync::fetch_grpc
