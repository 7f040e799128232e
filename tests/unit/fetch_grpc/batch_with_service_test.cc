// Both sides of the contract: what the gateway asks, and what the library for applications answers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "entitysync/service.h"
#include "tests/unit/fetch_grpc/target_fixture.h"

namespace entitysync::fetch_grpc {
namespace {

using ::testing::ElementsAre;

constexpr int kItems = 100;

TEST(BatchWithServiceTest, EveryItemGetsTheAnswerOfItsOwnViewer) {
  ServiceOptions options;
  options.listen = "127.0.0.1:0";
  options.log = nullptr;
  options.fetch["items"] = [](const FetchContext& context) -> absl::StatusOr<Answer> {
    if (context.secret() == "stranger") return absl::PermissionDeniedError("not for you");
    return Answer{{"item " + context.key().id + " for " + context.secret()}, 7};
  };
  options.fetch_many["users"] = [](const std::vector<FetchContext>& questions) {
    std::vector<absl::StatusOr<Answer>> answers;
    for (const FetchContext& question : questions) {
      answers.push_back(Answer{{"user " + question.key().id}, {}});
    }
    return answers;
  };
  const auto service = Service::Start(options);
  ASSERT_TRUE(service.ok()) << service.status();
  const auto target = TargetFor(OptionsFor({"127.0.0.1:" + std::to_string((*service)->port())}));

  std::vector<Question> questions;
  for (int i = 0; i < kItems; ++i) {
    questions.push_back(QuestionFor(std::to_string(i), i == 1 ? "stranger" : "s"));
    if (i % 3 == 0) questions.back().key.entity = "users";
  }
  const fetch::FetchAnswers answers = FetchAll(*target, questions).Await();
  ASSERT_EQ(answers.size(), questions.size());

  for (int i = 0; i < kItems; ++i) {
    const fetch::FetchAnswer& answer = answers[static_cast<size_t>(i)];
    if (i == 1) {
      EXPECT_EQ(answer.status.code(), absl::StatusCode::kPermissionDenied);
      continue;
    }
    ASSERT_TRUE(answer.status.ok()) << answer.status;
    const std::string id = std::to_string(i);
    EXPECT_THAT(answer.rows, ElementsAre(i % 3 == 0 ? "user " + id : "item " + id + " for s"));
    EXPECT_EQ(answer.version.has_value(), i % 3 != 0);
  }
  EXPECT_EQ((*service)->Stats().answered, kItems - 1u);
}

}  // namespace
}  // namespace entitysync::fetch_grpc
