#include "gateway/fetch_grpc/answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace entitysync::fetch_grpc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

AnswerRules Rules() { return {"shop", "the-bearer-key", /*max_rows=*/2, /*max_bytes=*/10}; }

v1::FetchEntityResponse Response(std::initializer_list<const char*> rows) {
  v1::FetchEntityResponse response;
  for (const char* row : rows) response.add_rows(row);
  return response;
}

std::string MessageOf(const std::string& message, std::string_view secret) {
  const absl::Status status =
      ToStatus(grpc::Status(grpc::StatusCode::INTERNAL, message), Rules(), Secrets(&secret, 1));
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  return std::string(status.message());
}

TEST(AnswersTest, RowsKeepTheirOrderUpToTheLimits) {
  v1::FetchEntityResponse response = Response({"12345", "67890"});
  const fetch::FetchAnswer answer = ToAnswer(grpc::Status::OK, response, Rules(), {});
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_THAT(answer.rows, ElementsAre("12345", "67890"));
  EXPECT_EQ(answer.version, std::nullopt);
}

TEST(AnswersTest, VersionZeroIsAVersion) {
  v1::FetchEntityResponse response;
  response.set_version(0);
  EXPECT_EQ(ToAnswer(grpc::Status::OK, response, Rules(), {}).version, 0u);
}

TEST(AnswersTest, OneRowOrByteTooManyIsResourceExhausted) {
  v1::FetchEntityResponse rows = Response({"1", "2", "3"});
  v1::FetchEntityResponse bytes = Response({"12345", "678901"});
  for (v1::FetchEntityResponse* response : {&rows, &bytes}) {
    const fetch::FetchAnswer answer = ToAnswer(grpc::Status::OK, *response, Rules(), {});
    EXPECT_EQ(answer.status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(std::string(answer.status.message()), HasSubstr("\"shop\""));
    EXPECT_TRUE(answer.rows.empty());
  }
}

TEST(AnswersTest, RepliesObeyTheSameLimits) {
  v1::HandleMessageResponse response;
  for (int i = 0; i < 3; ++i) response.add_replies()->set_data("x");
  EXPECT_EQ(ToReplies(grpc::Status::OK, response, Rules(), {}).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(AnswersTest, AMessageThatRepeatsASecretIsWithheld) {
  EXPECT_THAT(MessageOf("unknown token hunter2!", "hunter2"), Not(HasSubstr("hunter2")));
  EXPECT_THAT(MessageOf("got the-bearer-key", "hunter2"), Not(HasSubstr("the-bearer-key")));
  EXPECT_THAT(MessageOf("database is down", ""), HasSubstr("database is down"));
}

TEST(AnswersTest, MessagesAreBoundedAndPrintable) {
  EXPECT_EQ(MessageOf("a\nb\xC3\xA9\"", "s"), "application \"shop\": a\\x0ab\\xc3\\xa9\\\"");
  EXPECT_LT(MessageOf(std::string(100'000, 'x'), "s").size(), 600u);
  // The cut comes before the é that does not fit, not within it.
  std::string long_message(508, 'x');
  long_message.append("\xC3\xA9");
  const std::string cut = MessageOf(long_message, "s");
  EXPECT_THAT(cut, Not(HasSubstr("\\xc3")));
}

v1::FetchEntitiesRequest Batch(std::initializer_list<const char*> secrets) {
  v1::FetchEntitiesRequest request;
  for (const char* secret : secrets) request.add_items()->set_secret(secret);
  return request;
}

std::vector<absl::StatusCode> Codes(const std::vector<fetch::FetchAnswer>& answers) {
  std::vector<absl::StatusCode> codes;
  for (const fetch::FetchAnswer& answer : answers) codes.push_back(answer.status.code());
  return codes;
}

TEST(AnswersTest, EachItemOfABatchIsJudgedByItself) {
  const v1::FetchEntitiesRequest request = Batch({"", "", "", "", "", ""});
  v1::FetchEntitiesResponse response;
  *response.add_results()->mutable_response() = Response({"a", "b"});
  *response.add_results()->mutable_response() = Response({"1", "2", "3"});
  response.add_results()->mutable_status()->set_code(grpc::StatusCode::NOT_FOUND);
  response.add_results()->mutable_status()->set_code(99);
  response.add_results()->mutable_status()->set_code(0);
  response.add_results();

  const auto answers = ToAnswers(grpc::Status::OK, request, response, Rules());

  EXPECT_THAT(Codes(answers),
              ElementsAre(absl::StatusCode::kOk, absl::StatusCode::kResourceExhausted,
                          absl::StatusCode::kNotFound, absl::StatusCode::kUnknown,
                          absl::StatusCode::kInternal, absl::StatusCode::kInternal));
  EXPECT_THAT(answers[0].rows, ElementsAre("a", "b"));
}

TEST(AnswersTest, ABatchWithTooFewOrTooManyResultsIsNoAnswerToAny) {
  for (const int results : {0, 1, 3}) {
    v1::FetchEntitiesResponse response;
    for (int i = 0; i < results; ++i) *response.add_results()->mutable_response() = Response({"a"});
    const auto answers = ToAnswers(grpc::Status::OK, Batch({"", ""}), response, Rules());
    EXPECT_THAT(Codes(answers),
                ElementsAre(absl::StatusCode::kInternal, absl::StatusCode::kInternal));
    EXPECT_TRUE(answers[0].rows.empty());
  }
}

TEST(AnswersTest, ABatchThatFailedAsAWholeFailedForEachItem) {
  v1::FetchEntitiesResponse response;
  const auto answers = ToAnswers(grpc::Status(grpc::StatusCode::UNAVAILABLE, "down"),
                                 Batch({"", ""}), response, Rules());
  EXPECT_THAT(Codes(answers),
              ElementsAre(absl::StatusCode::kUnavailable, absl::StatusCode::kUnavailable));
}

TEST(AnswersTest, NoMessageOfABatchRepeatsTheSecretOfAnyItem) {
  const v1::FetchEntitiesRequest request = Batch({"hunter2", "swordfish"});
  v1::FetchEntitiesResponse response;
  for (const char* message : {"denied to swordfish", "denied"}) {
    v1::FetchStatus& status = *response.add_results()->mutable_status();
    status.set_code(grpc::StatusCode::PERMISSION_DENIED);
    status.set_message(message);
  }
  const auto items = ToAnswers(grpc::Status::OK, request, response, Rules());
  EXPECT_THAT(std::string(items[0].status.message()), HasSubstr("withheld"));
  EXPECT_THAT(std::string(items[1].status.message()), HasSubstr("denied"));

  const auto whole =
      ToAnswers(grpc::Status(grpc::StatusCode::INTERNAL, "hunter2?"), request, response, Rules());
  for (const auto& answer : whole) {
    EXPECT_THAT(std::string(answer.status.message()), Not(HasSubstr("hunter2")));
  }
}

}  // namespace
}  // namespace entitysync::fetch_grpc
