// Many questions in one call, and what happens where that does not work.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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
std::vector<fetch::FetchRequest> Questions(int count) {
  std::vector<fetch::FetchRequest> requests;
  for (int i = 0; i < count; ++i) {
    requests.push_back(RequestFor(std::to_string(i), "s" + std::to_string(i)));
  }
  return requests;
}

void ExpectOwnRows(std::vector<PendingFetch>& batch) {
  for (size_t i = 0; i < batch.size(); ++i) {
    const fetch::FetchAnswer answer = batch[i].Await();
    ASSERT_TRUE(answer.status.ok()) << answer.status;
    EXPECT_THAT(answer.rows, ElementsAre(std::to_string(i) + " for s" + std::to_string(i)));
  }
}

TEST_F(GrpcTargetBatchTest, EachItemOfOneCallGetsItsOwnAnswer) {
  application_.OnFetch([](const v1::FetchEntityRequest& request, v1::FetchEntityResponse& answer) {
    if (request.key().id() == "1") return grpc::Status(grpc::StatusCode::NOT_FOUND, "gone");
    answer.add_rows(request.key().entity() + request.secret());
    answer.set_version(request.min_version() + 1);
    return grpc::Status::OK;
  });
  const auto target = TargetFor(Options());
  std::vector<fetch::FetchRequest> questions = Questions(3);
  questions[2].min_version = 8;

  std::vector<PendingFetch> batch = FetchBatch(*target, questions);

  const fetch::FetchAnswer first = batch[0].Await();
  EXPECT_THAT(first.rows, ElementsAre("itemss0"));
  EXPECT_EQ(first.version, 1u);
  EXPECT_EQ(batch[1].Await().status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(batch[2].Await().version, 9u);
  EXPECT_EQ(application_.calls(), 1);
  EXPECT_EQ(application_.batches(), 1);
}

TEST_F(GrpcTargetBatchTest, ManyItemsGoInSeveralCallsAndASingleOneAsAFetch) {
  const auto target = TargetFor(Options());
  std::vector<PendingFetch> batch = FetchBatch(*target, Questions(2 * kMaxBatchItems + 1));
  ExpectOwnRows(batch);
  EXPECT_EQ(application_.batches(), 2);
  EXPECT_EQ(application_.calls(), 3);
  EXPECT_TRUE(target->FetchBatch({}).empty());
}

TEST_F(GrpcTargetBatchTest, LargeRequestsGoInSeveralCalls) {
  application_.OnFetch([](const auto&, auto&) { return grpc::Status::OK; });
  std::atomic<size_t> largest = 0;
  application_.OnBatch(
      [&](const v1::FetchEntitiesRequest& request, v1::FetchEntitiesResponse& response) {
        for (int i = 0; i < request.items_size(); ++i) response.add_results()->mutable_response();
        largest = std::max<size_t>(largest, request.ByteSizeLong());
        return grpc::Status::OK;
      });
  const auto target = TargetFor(Options());
  std::vector<PendingFetch> batch = FetchBatch(
      *target, std::vector(40, RequestFor("1", std::string(kMaxBatchRequestBytes / 11, 's'))));
  for (PendingFetch& item : batch) EXPECT_EQ(CodeOf(std::move(item)), absl::StatusCode::kOk);
  EXPECT_EQ(application_.batches(), 4);
  EXPECT_LT(largest, kMaxBatchRequestBytes + kMaxBatchItems * 1024);
}

TEST_F(GrpcTargetBatchTest, ACallThatFailsGivesItsStatusToEachItem) {
  application_.OnBatch([](const auto&, auto&) {
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "no database connection left");
  });
  const auto target = TargetFor(Options());
  std::vector<PendingFetch> batch = FetchBatch(*target, Questions(3));
  for (PendingFetch& item : batch) {
    EXPECT_EQ(CodeOf(std::move(item)), absl::StatusCode::kResourceExhausted);
  }
  EXPECT_EQ(application_.calls(), 1);
}

TEST_F(GrpcTargetBatchTest, TooFewResultsAreNoAnswerToAnyItem) {
  application_.OnBatch([](const auto&, v1::FetchEntitiesResponse& response) {
    response.add_results()->mutable_response()->add_rows("whose?");
    return grpc::Status::OK;
  });
  const auto target = TargetFor(Options());
  std::vector<PendingFetch> batch = FetchBatch(*target, Questions(2));
  for (PendingFetch& item : batch) {
    EXPECT_EQ(CodeOf(std::move(item)), absl::StatusCode::kInternal);
  }
}

TEST_F(GrpcTargetBatchTest, AnApplicationWithoutBatchesIsAskedOneByOneAndNotTriedAgainSoon) {
  application_.OnBatch(nullptr);
  GrpcTargetOptions options = Options();
  options.batch_pause = std::chrono::hours(1);
  const auto target = TargetFor(options);
  for (int round = 0; round < 3; ++round) {
    std::vector<PendingFetch> batch = FetchBatch(*target, Questions(5));
    ExpectOwnRows(batch);
  }
  EXPECT_EQ(application_.batches(), 1);
  EXPECT_EQ(application_.calls(), 1 + 3 * 5);
}

TEST_F(GrpcTargetBatchTest, AfterThePauseBatchesAreTriedAgain) {
  application_.OnBatch(nullptr);
  GrpcTargetOptions options = Options();
  options.batch_pause = base::Duration::zero();
  const auto target = TargetFor(options);
  std::vector<PendingFetch> before = FetchBatch(*target, Questions(2));
  ExpectOwnRows(before);
  application_.AnswerBatchesByFetch();
  std::vector<PendingFetch> after = FetchBatch(*target, Questions(2));
  ExpectOwnRows(after);
  EXPECT_EQ(application_.batches(), 2);
  EXPECT_EQ(application_.calls(), 1 + 2 + 1);
}

TEST_F(GrpcTargetBatchTest, AnItemThatIsUnimplementedSaysNothingAboutBatches) {
  application_.OnFetch([](const auto&, auto&) {
    return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "no such type");
  });
  const auto target = TargetFor(Options());
  for (int round = 0; round < 2; ++round) {
    std::vector<PendingFetch> batch = FetchBatch(*target, Questions(2));
    for (PendingFetch& item : batch) {
      EXPECT_EQ(CodeOf(std::move(item)), absl::StatusCode::kUnimplemented);
    }
  }
  EXPECT_EQ(application_.batches(), 2);
  EXPECT_EQ(application_.calls(), 2);
}

TEST_F(GrpcTargetBatchTest, AnAnswerTooLargeToReceiveIsAskedForInParts) {
  application_.OnFetch([](const v1::FetchEntityRequest& request, v1::FetchEntityResponse& answer) {
    answer.add_rows(std::string(request.key().id() == "3" ? 5'000 : 1'000, 'x'));
    return grpc::Status::OK;
  });
  GrpcTargetOptions options = Options();
  options.max_receive_bytes = 3'000;
  const auto target = TargetFor(options);

  std::vector<PendingFetch> batch = FetchBatch(*target, Questions(5));

  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(CodeOf(std::move(batch[static_cast<size_t>(i)])),
              i == 3 ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kOk);
  }
  EXPECT_EQ(application_.calls(), 1 + 5);
}

TEST_F(GrpcTargetBatchTest, CancellingAnItemLeavesTheOthers) {
  application_.Hold();
  const auto target = TargetFor(Options());
  std::atomic<int> answers = 0;
  std::atomic<bool> cancelled_ran = false;
  std::vector<fetch::FetchItem> items;
  auto token = std::make_shared<int>(0);
  const std::weak_ptr<int> alive = token;
  items.push_back({RequestFor("0"), [&, token](fetch::FetchAnswer) { cancelled_ran = true; }});
  token.reset();
  items.push_back({RequestFor("1"), [&](fetch::FetchAnswer answer) {
                     if (answer.status.ok()) ++answers;
                   }});
  auto calls = target->FetchBatch(std::move(items));
  ASSERT_TRUE(application_.AwaitCalls(1));

  calls[0].reset();

  EXPECT_TRUE(alive.expired());
  application_.Release();
  const auto deadline = std::chrono::steady_clock::now() + testing::kTestPatience;
  while (answers == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(answers, 1);
  EXPECT_TRUE(target->Stop(testing::kTestPatience));
  EXPECT_FALSE(cancelled_ran);
}

TEST_F(GrpcTargetBatchTest, CancellingTheLastItemTellsTheApplication) {
  application_.Hold();
  const auto target = TargetFor(Options());
  std::vector<PendingFetch> batch = FetchBatch(*target, Questions(2));
  ASSERT_TRUE(application_.AwaitCalls(1));
  batch[0].call.reset();
  batch[1].call.reset();
  EXPECT_TRUE(application_.AwaitCancels(1));
}

TEST_F(GrpcTargetBatchTest, AnItemAskedOneByOneIsCancelledByItself) {
  application_.OnBatch([this](const auto&, auto&) {
    application_.Hold();  // From the next call on.
    return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "takes no batches");
  });
  const auto target = TargetFor(Options());
  std::vector<PendingFetch> batch = FetchBatch(*target, Questions(2));
  ASSERT_TRUE(application_.AwaitCalls(3));
  batch[0].call.reset();
  EXPECT_TRUE(application_.AwaitCancels(1));
  application_.Release();
  EXPECT_EQ(CodeOf(std::move(batch[1])), absl::StatusCode::kOk);
}

TEST_F(GrpcTargetBatchTest, StopEndsBatchesPresentAndFuture) {
  application_.Hold();
  const auto target = TargetFor(Options());
  std::vector<PendingFetch> batch = FetchBatch(*target, Questions(2));
  ASSERT_TRUE(application_.AwaitCalls(1));

  EXPECT_TRUE(target->Stop(testing::kTestPatience));

  for (PendingFetch& item : batch) {
    EXPECT_EQ(CodeOf(std::move(item)), absl::StatusCode::kCancelled);
  }
  std::vector<PendingFetch> late = FetchBatch(*target, Questions(2));
  for (PendingFetch& item : late) {
    EXPECT_EQ(CodeOf(std::move(item)), absl::StatusCode::kCancelled);
  }
}

TEST_F(GrpcTargetBatchTest, CancellingAndStoppingWhileBatchesFallApartIsSafe) {
  for (int round = 0; round < 30; ++round) {
    if (round % 2 == 0) {
      application_.OnBatch(nullptr);
    } else {
      application_.AnswerBatchesByFetch();
    }
    GrpcTargetOptions options = Options();
    options.batch_pause = base::Duration::zero();
    const auto target = TargetFor(options);
    std::atomic<int> answers = 0;
    std::vector<std::unique_ptr<fetch::FetchCall>> calls;
    for (int batch = 0; batch < 10; ++batch) {
      std::vector<fetch::FetchItem> items;
      for (fetch::FetchRequest& request : Questions(5)) {
        items.push_back({std::move(request), [&answers](fetch::FetchAnswer) { ++answers; }});
      }
      for (auto& call : target->FetchBatch(std::move(items))) calls.push_back(std::move(call));
    }
    for (size_t i = 0; i < calls.size(); i += 3) calls[i].reset();
    EXPECT_TRUE(target->Stop(testing::kTestPatience));
    EXPECT_GE(answers, 50 - 17);
    EXPECT_LE(answers, 50);
  }
}

}  // namespace
}  // namespace entitysync::fetch_grpc
