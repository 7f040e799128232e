// One application, one address: what a call carries, how it ends, how it is cancelled.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "tests/unit/fetch_grpc/target_fixture.h"

namespace entitysync::fetch_grpc {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

class GrpcTargetCallsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(application_.Start().ok()); }

  GrpcTargetOptions Options() { return OptionsFor({application_.address()}); }

  testing::GrpcApplication application_;
};

TEST_F(GrpcTargetCallsTest, AFetchCarriesAllOfTheRequestAndBringsRowsByteForByte) {
  v1::FetchEntityRequest seen;
  application_.OnFetch([&](const v1::FetchEntityRequest& request, v1::FetchEntityResponse& answer) {
    seen = request;
    answer.add_rows(R"({"name":"b"})");
    answer.add_rows(std::string("\0\xFF", 2));
    answer.set_version(7);
    return grpc::Status::OK;
  });
  const auto target = TargetFor(Options());
  Question question = QuestionFor("a.b *>", "s3cret");
  question.reason = fetch::FetchReason::kRevalidate;
  question.min_version = 6;

  const fetch::FetchAnswer answer = AnswerOf(Fetch(*target, question));

  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_THAT(answer.rows, ElementsAre(R"({"name":"b"})", std::string("\0\xFF", 2)));
  EXPECT_EQ(answer.version, 7u);
  EXPECT_EQ(seen.key().entity(), "items");
  EXPECT_EQ(seen.key().id(), "a.b *>");
  EXPECT_EQ(seen.secret(), "s3cret");
  EXPECT_EQ(seen.reason(), v1::FETCH_REASON_REVALIDATE);
  EXPECT_EQ(seen.min_version(), 6u);
}

TEST_F(GrpcTargetCallsTest, EveryStatusCodeIsPassedThrough) {
  const auto target = TargetFor(Options());
  for (int code = 1; code <= 16; ++code) {
    application_.OnFetch([&](const auto&, auto&) {
      return grpc::Status(static_cast<grpc::StatusCode>(code), "why");
    });
    EXPECT_EQ(static_cast<int>(CodeOf(Fetch(*target))), code);
  }
}

TEST_F(GrpcTargetCallsTest, AMessageGoesAndItsRepliesComeByteForByte) {
  v1::HandleMessageRequest seen;
  application_.OnMessage(
      [&](const v1::HandleMessageRequest& request, v1::HandleMessageResponse& answer) {
        seen = request;
        answer.add_replies()->set_data("text");
        v1::Reply& binary = *answer.add_replies();
        binary.set_data(std::string("\0\xFE", 2));
        binary.set_is_binary(true);
        return grpc::Status::OK;
      });
  const auto target = TargetFor(Options());

  const Replies replies =
      Handle(*target, {std::make_shared<const std::string>("s3cret"), "c-1", "\xFF", true}).Await();

  ASSERT_TRUE(replies.ok()) << replies.status();
  ASSERT_EQ(replies->size(), 2u);
  EXPECT_EQ((*replies)[0].data, "text");
  EXPECT_FALSE((*replies)[0].is_binary);
  EXPECT_EQ((*replies)[1].data, std::string("\0\xFE", 2));
  EXPECT_TRUE((*replies)[1].is_binary);
  EXPECT_EQ(seen.secret(), "s3cret");
  EXPECT_EQ(seen.connection(), "c-1");
  EXPECT_EQ(seen.data(), "\xFF");
  EXPECT_TRUE(seen.is_binary());
}

TEST_F(GrpcTargetCallsTest, AnApplicationThatTakesNoMessagesIsUnimplemented) {
  const auto target = TargetFor(Options());
  const Replies replies =
      Handle(*target, {std::make_shared<const std::string>(), "c-1", "hello", false}).Await();
  EXPECT_EQ(replies.status().code(), absl::StatusCode::kUnimplemented);
}

TEST_F(GrpcTargetCallsTest, ABearerKeyGoesWithEveryCallIfThereIsOne) {
  GrpcTargetOptions options = Options();
  options.bearer_key = "k3y";
  EXPECT_EQ(CodeOf(Fetch(*TargetFor(options))), absl::StatusCode::kOk);
  EXPECT_THAT(application_.last_metadata(), Contains(Pair("authorization", "Bearer k3y")));

  EXPECT_EQ(CodeOf(Fetch(*TargetFor(Options()))), absl::StatusCode::kOk);
  EXPECT_EQ(application_.last_metadata().count("authorization"), 0u);
}

TEST_F(GrpcTargetCallsTest, AnAnswerOverAnyLimitIsResourceExhausted) {
  application_.OnFetch([](const auto&, v1::FetchEntityResponse& answer) {
    for (int i = 0; i < 3; ++i) answer.add_rows(std::string(1000, 'x'));
    return grpc::Status::OK;
  });
  GrpcTargetOptions rows = Options();
  rows.max_rows = 2;
  GrpcTargetOptions bytes = Options();
  bytes.max_state_bytes = 2999;
  GrpcTargetOptions wire = Options();
  wire.max_receive_bytes = 2000;
  for (const GrpcTargetOptions& options : {rows, bytes, wire}) {
    EXPECT_EQ(CodeOf(Fetch(*TargetFor(options))), absl::StatusCode::kResourceExhausted);
  }
  EXPECT_EQ(CodeOf(Fetch(*TargetFor(Options()))), absl::StatusCode::kOk);
}

TEST_F(GrpcTargetCallsTest, ACallEndsAtItsTimeoutAndTheApplicationKnowsIt) {
  application_.Hold();
  GrpcTargetOptions options = Options();
  options.fetch_timeout = std::chrono::milliseconds(100);
  const auto target = TargetFor(options);
  // The first calls may end before a connection stands.
  while (application_.calls() == 0) {
    ASSERT_EQ(CodeOf(Fetch(*target)), absl::StatusCode::kDeadlineExceeded);
  }
  EXPECT_LE(application_.last_remaining(), std::chrono::milliseconds(200));
}

TEST_F(GrpcTargetCallsTest, DestroyingTheCallTellsTheApplicationAndDropsTheCallback) {
  application_.Hold();
  const auto target = TargetFor(Options());
  std::atomic<bool> ran = false;
  auto token = std::make_shared<int>(0);
  const std::weak_ptr<int> alive = token;
  auto call =
      StartFetch(*target, {QuestionFor("1")}, [&ran, token](fetch::FetchAnswers) { ran = true; });
  token.reset();
  ASSERT_TRUE(application_.AwaitCalls(1));
  EXPECT_FALSE(alive.expired());

  call.reset();

  EXPECT_TRUE(alive.expired());
  EXPECT_TRUE(application_.AwaitCancels(1));
  EXPECT_TRUE(target->Stop(testing::kTestPatience));
  EXPECT_FALSE(ran);
}

TEST_F(GrpcTargetCallsTest, CancellingWhileAnswersComeIsSafe) {
  const auto target = TargetFor(Options());
  ASSERT_EQ(CodeOf(Fetch(*target)), absl::StatusCode::kOk);
  std::atomic<int> answers = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<std::unique_ptr<fetch::FetchCall>> calls;
    for (int i = 0; i < 10; ++i) {
      calls.push_back(
          StartFetch(*target, {QuestionFor("1")}, [&answers](fetch::FetchAnswers) { ++answers; }));
    }
    // Whichever way each goes, no call is left behind.
    if (round % 3 == 0) continue;
    EXPECT_EQ(CodeOf(Fetch(*target)), absl::StatusCode::kOk);
  }
  EXPECT_TRUE(target->Stop(testing::kTestPatience));
  EXPECT_LE(answers, 3000);
}

TEST_F(GrpcTargetCallsTest, ACallMayBeDestroyedInItsOwnCallback) {
  const auto target = TargetFor(Options());
  application_.Hold();
  std::promise<void> done;
  std::unique_ptr<fetch::FetchCall> call;
  call = StartFetch(*target, {QuestionFor("1")}, [&](fetch::FetchAnswers) {
    call.reset();
    done.set_value();
  });
  ASSERT_TRUE(application_.AwaitCalls(1));
  application_.Release();
  EXPECT_EQ(done.get_future().wait_for(testing::kTestPatience), std::future_status::ready);
}

TEST_F(GrpcTargetCallsTest, StopEndsAllCallsPresentAndFuture) {
  application_.Hold();
  const auto target = TargetFor(Options());
  PendingAnswers fetch = Fetch(*target);
  PendingReplies message =
      Handle(*target, {std::make_shared<const std::string>(), "c-1", "hello", false});
  ASSERT_TRUE(application_.AwaitCalls(2));

  EXPECT_TRUE(target->Stop(testing::kTestPatience));

  EXPECT_EQ(CodeOf(std::move(fetch)), absl::StatusCode::kCancelled);
  EXPECT_EQ(message.Await().status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(CodeOf(Fetch(*target)), absl::StatusCode::kCancelled);
}

TEST_F(GrpcTargetCallsTest, StopGivesUpOnACallbackThatBlocks) {
  const auto target = TargetFor(Options());
  std::promise<void> release;
  std::promise<void> entered;
  auto call = StartFetch(*target, {QuestionFor("1")}, [&](fetch::FetchAnswers) {
    entered.set_value();
    release.get_future().wait();
  });
  ASSERT_EQ(entered.get_future().wait_for(testing::kTestPatience), std::future_status::ready);
  EXPECT_FALSE(target->Stop(std::chrono::milliseconds(1)));
  release.set_value();
  EXPECT_TRUE(target->Stop(testing::kTestPatience));
}

}  // namespace
}  // namespace entitysync::fetch_grpc
