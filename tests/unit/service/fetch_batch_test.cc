// Many questions of a gateway in one call.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <stdexcept>
#include <thread>

#include "entitysync/service.h"
#include "tests/unit/service/entity_client.h"

namespace entitysync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class FetchBatchTest : public ::testing::Test {
 protected:
  FetchBatchTest() {
    options_.listen = "127.0.0.1:0";
    options_.log = [this](std::string_view line) {
      std::lock_guard lock(mutex_);
      log_ += std::string(line) + "\n";
    };
    options_.fetch["items"] = [](const FetchContext& context) -> absl::StatusOr<Answer> {
      if (context.key().id == "gone") return absl::NotFoundError("no such item");
      if (context.key().id == "bad") throw std::runtime_error(context.secret());
      return Answer{{context.key().id + " for " + context.secret()}, context.min_version() + 1};
    };
  }

  EntityClient Start() {
    auto service = Service::Start(options_);
    EXPECT_TRUE(service.ok()) << service.status();
    service_ = *std::move(service);
    return EntityClient(service_->port());
  }

  std::string Log() {
    std::lock_guard lock(mutex_);
    return log_;
  }

  ServiceOptions options_;
  std::mutex mutex_;
  std::string log_;
  std::unique_ptr<Service> service_;
};

// The code of each result; OK for a response.
std::vector<int> Codes(const v1::FetchEntitiesResponse& response) {
  std::vector<int> codes;
  for (const v1::FetchEntityResult& result : response.results()) {
    EXPECT_NE(result.outcome_case(), v1::FetchEntityResult::OUTCOME_NOT_SET);
    codes.push_back(result.status().code());
  }
  return codes;
}

TEST_F(FetchBatchTest, EachItemIsAnsweredByTheFunctionOfItsTypeAndNoneHurtsTheOthers) {
  EntityClient client = Start();
  v1::FetchEntitiesResponse response;

  ASSERT_TRUE(client
                  .FetchMany({FetchRequest("items", "1", "a"), FetchRequest("items", "gone"),
                              FetchRequest("items", "bad", "s3cret"), FetchRequest("itmes", "1"),
                              FetchRequest("items", "1", "b")},
                             response)
                  .ok());

  EXPECT_THAT(Codes(response), ElementsAre(grpc::StatusCode::OK, grpc::StatusCode::NOT_FOUND,
                                           grpc::StatusCode::INTERNAL,
                                           grpc::StatusCode::UNIMPLEMENTED, grpc::StatusCode::OK));
  EXPECT_THAT(response.results(0).response().rows(), ElementsAre("1 for a"));
  EXPECT_EQ(response.results(0).response().version(), 1u);
  EXPECT_EQ(response.results(1).status().message(), "no such item");
  EXPECT_THAT(response.results(4).response().rows(), ElementsAre("1 for b"));
  EXPECT_THAT(response.DebugString() + Log(), Not(HasSubstr("s3cret")));
  const ServiceStats stats = service_->Stats();
  EXPECT_EQ(stats.answered, 2u);
  EXPECT_EQ(stats.failed, 2u);
  EXPECT_EQ(stats.refused, 1u);
}

TEST_F(FetchBatchTest, ItemsOfAnEmptyCallAreNone) {
  EntityClient client = Start();
  v1::FetchEntitiesResponse response;
  EXPECT_TRUE(client.FetchMany({}, response).ok());
  EXPECT_EQ(response.results_size(), 0);
}

TEST_F(FetchBatchTest, ItemsRunAtTheSameTime) {
  options_.threads = 3;
  std::condition_variable changed;
  int inside = 0;
  options_.fetch["items"] = [&](const FetchContext&) -> absl::StatusOr<Answer> {
    std::unique_lock lock(mutex_);
    ++inside;
    changed.notify_all();
    // Only if all three are here does any go on.
    if (!changed.wait_for(lock, std::chrono::seconds(20), [&] { return inside == 3; })) {
      return absl::InternalError("alone");
    }
    return Answer{};
  };
  EntityClient client = Start();
  v1::FetchEntitiesResponse response;
  EXPECT_TRUE(client.FetchMany(std::vector(3, FetchRequest("items", "1")), response).ok());
  EXPECT_THAT(Codes(response), ElementsAre(0, 0, 0));
}

TEST_F(FetchBatchTest, AFunctionForManyGetsAllItemsOfItsTypeAtOnce) {
  std::vector<std::vector<std::string>> asked;
  options_.fetch_many["users"] = [&](const std::vector<FetchContext>& questions) {
    std::vector<absl::StatusOr<Answer>> answers;
    asked.emplace_back();
    for (const FetchContext& question : questions) {
      asked.back().push_back(question.key().id + question.secret());
      if (question.key().id == "gone") {
        answers.push_back(absl::NotFoundError("no such user"));
      } else {
        answers.push_back(Answer{{"user " + question.key().id}, {}});
      }
    }
    return answers;
  };
  EntityClient client = Start();
  v1::FetchEntitiesResponse response;

  ASSERT_TRUE(client
                  .FetchMany({FetchRequest("users", "1", "a"), FetchRequest("items", "2"),
                              FetchRequest("users", "gone"), FetchRequest("users", "3")},
                             response)
                  .ok());

  ASSERT_EQ(asked.size(), 1u);
  EXPECT_THAT(asked[0], ElementsAre("1a", "gone", "3"));
  EXPECT_THAT(Codes(response), ElementsAre(0, 0, grpc::StatusCode::NOT_FOUND, 0));
  EXPECT_THAT(response.results(0).response().rows(), ElementsAre("user 1"));
  EXPECT_THAT(response.results(1).response().rows(), ElementsAre("2 for "));
  EXPECT_THAT(response.results(3).response().rows(), ElementsAre("user 3"));

  v1::FetchEntityResponse single;  // Without a function for one, that for many answers.
  ASSERT_TRUE(client.Fetch(FetchRequest("users", "4"), single).ok());
  EXPECT_THAT(single.rows(), ElementsAre("user 4"));
}

TEST_F(FetchBatchTest, AFunctionForManyThatFailsFailsItsOwnTypeOnly) {
  options_.fetch_many["few"] = [](const auto&) {
    return std::vector<absl::StatusOr<Answer>>(1, Answer{});
  };
  options_.fetch_many["throws"] = [](const auto& questions) -> std::vector<absl::StatusOr<Answer>> {
    throw std::runtime_error(questions[0].secret());
  };
  EntityClient client = Start();
  v1::FetchEntitiesResponse response;

  ASSERT_TRUE(client
                  .FetchMany({FetchRequest("few", "1"), FetchRequest("few", "2"),
                              FetchRequest("throws", "1", "s3cret"), FetchRequest("throws", "2"),
                              FetchRequest("items", "1")},
                             response)
                  .ok());

  const int internal = grpc::StatusCode::INTERNAL;
  EXPECT_THAT(Codes(response), ElementsAre(internal, internal, internal, internal, 0));
  EXPECT_THAT(response.DebugString() + Log(), Not(HasSubstr("s3cret")));
  EXPECT_EQ(service_->Stats().failed, 4u);
}

TEST_F(FetchBatchTest, AMessageThatIsNotUtf8SpoilsNoOtherItem) {
  options_.fetch["odd"] = [](const FetchContext&) -> absl::StatusOr<Answer> {
    return absl::UnavailableError("\xff!");
  };
  EntityClient client = Start();
  v1::FetchEntitiesResponse response;
  ASSERT_TRUE(
      client.FetchMany({FetchRequest("odd", "1"), FetchRequest("items", "1")}, response).ok());
  EXPECT_THAT(Codes(response), ElementsAre(grpc::StatusCode::UNAVAILABLE, 0));
  EXPECT_EQ(response.results(0).status().message(), "\\377!");
}

TEST_F(FetchBatchTest, ItemsThatFindNoRoomAreUnavailableAndTheOthersAnswered) {
  options_.threads = 1;
  options_.queue = 1;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  options_.fetch["items"] = [&](const FetchContext&) -> absl::StatusOr<Answer> {
    released.wait();
    return Answer{};
  };
  EntityClient client = Start();
  auto answer = std::async(std::launch::async, [&] {
    v1::FetchEntitiesResponse response;
    EXPECT_TRUE(client.FetchMany(std::vector(5, FetchRequest("items", "1")), response).ok());
    return Codes(response);
  });
  while (service_->Stats().refused < 3) std::this_thread::yield();
  release.set_value();

  const std::vector<int> codes = answer.get();

  // One runs and one waits; whichever came too late was refused.
  EXPECT_EQ(std::count(codes.begin(), codes.end(), grpc::StatusCode::OK), 2);
  EXPECT_EQ(std::count(codes.begin(), codes.end(), grpc::StatusCode::UNAVAILABLE), 3);
}

TEST_F(FetchBatchTest, ACallerThatLeavesCancelsItsItems) {
  options_.threads = 1;
  std::promise<void> begun;
  std::atomic<bool> saw_cancelled = false;
  options_.fetch["items"] = [&](const FetchContext& context) -> absl::StatusOr<Answer> {
    begun.set_value();
    while (!context.cancelled()) std::this_thread::yield();
    saw_cancelled = true;
    return Answer{};
  };
  EntityClient client = Start();
  grpc::ClientContext context;
  auto code = std::async(std::launch::async, [&] {
    v1::FetchEntitiesResponse response;
    return client.FetchMany(context, std::vector(3, FetchRequest("items", "1")), response)
        .error_code();
  });
  begun.get_future().wait();
  context.TryCancel();
  EXPECT_EQ(code.get(), grpc::StatusCode::CANCELLED);
  while (service_->Stats().cancelled < 2) std::this_thread::yield();
  EXPECT_TRUE(saw_cancelled);
}

TEST_F(FetchBatchTest, StopEndsABatchWhoseItemsWait) {
  options_.threads = 1;
  options_.stop_timeout = std::chrono::milliseconds(10);
  std::promise<void> begun;
  options_.fetch["items"] = [&](const FetchContext& context) -> absl::StatusOr<Answer> {
    begun.set_value();
    while (!context.cancelled()) std::this_thread::yield();
    return Answer{};
  };
  EntityClient client = Start();
  auto code = std::async(std::launch::async, [&] {
    v1::FetchEntitiesResponse response;
    return client.FetchMany(std::vector(3, FetchRequest("items", "1")), response).error_code();
  });
  begun.get_future().wait();
  service_->Stop();
  EXPECT_NE(code.get(), grpc::StatusCode::OK);
}

TEST_F(FetchBatchTest, TheKeyAndTheNumberOfItemsAreChecked) {
  options_.accepted_keys = {"key"};
  EntityClient client = Start();
  v1::FetchEntitiesResponse response;
  EXPECT_EQ(client.FetchMany({FetchRequest("items", "1")}, response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  client.key = "key";
  EXPECT_TRUE(client.FetchMany({FetchRequest("items", "1")}, response).ok());
  EXPECT_EQ(client.FetchMany(std::vector(1'001, FetchRequest("items", "1")), response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace entitysync
