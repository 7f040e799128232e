#include "entitysync/service.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/testing/fake_gateway.h"
#include "tests/unit/service/entity_client.h"

namespace entitysync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest() {
    options_.listen = "127.0.0.1:0";
    options_.log = [this](std::string_view line) {
      std::lock_guard lock(mutex_);
      log_ += std::string(line) + "\n";
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

TEST_F(ServiceTest, AnswersWhatTheFetchFunctionSays) {
  options_.fetch["items"] = [](const FetchContext& context) -> absl::StatusOr<Answer> {
    EXPECT_EQ(context.reason(), FetchReason::kSnapshot);
    EXPECT_EQ(context.min_version(), 3u);
    EXPECT_FALSE(context.cancelled());
    return Answer{{context.key().id, context.secret(), std::string("\0\xff", 2)}, 4};
  };
  EntityClient client = Start();

  v1::FetchEntityRequest request = FetchRequest("items", "100", "s3cret");
  request.set_reason(v1::FETCH_REASON_SNAPSHOT);
  request.set_min_version(3);
  v1::FetchEntityResponse response;
  ASSERT_TRUE(client.Fetch(request, response).ok());

  EXPECT_THAT(response.rows(), ElementsAre("100", "s3cret", std::string("\0\xff", 2)));
  EXPECT_EQ(response.version(), 4u);
  EXPECT_EQ(service_->Stats().answered, 1u);
}

TEST_F(ServiceTest, AFunctionMayWriteAnyNumberOfRows) {
  options_.fetch["reports"] = WritingRows([](const FetchContext& context, RowWriter& write) {
    if (context.key().id == "none") return absl::OkStatus();
    write("report");
    write("author");
    write("department");
    write.SetVersion(9);
    return context.key().id == "gone" ? absl::NotFoundError("gone") : absl::OkStatus();
  });
  EntityClient client = Start();
  v1::FetchEntityResponse response;

  ASSERT_TRUE(client.Fetch(FetchRequest("reports", "1"), response).ok());
  EXPECT_THAT(response.rows(), ElementsAre("report", "author", "department"));
  EXPECT_EQ(response.version(), 9u);

  ASSERT_TRUE(client.Fetch(FetchRequest("reports", "none"), response).ok());
  EXPECT_EQ(response.rows_size(), 0);
  EXPECT_FALSE(response.has_version());

  EXPECT_EQ(client.Fetch(FetchRequest("reports", "gone"), response).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(ServiceTest, StatusesReachTheGateway) {
  options_.default_fetch = [](const FetchContext& context) -> absl::StatusOr<Answer> {
    if (context.secret() == "manager") return Answer{{"row"}, {}};
    if (context.secret().empty()) return absl::UnauthenticatedError("who are you?");
    return absl::PermissionDeniedError("not for you");
  };
  EntityClient client = Start();

  EXPECT_EQ(client.FetchCode("any", "1", "manager"), grpc::StatusCode::OK);
  EXPECT_EQ(client.FetchCode("any", "1", "worker"), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(client.FetchCode("any", "1", ""), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(service_->Stats().failed, 2u);
}

TEST_F(ServiceTest, ATypeWithoutFunctionIsAMisconfiguration) {
  options_.fetch["items"] = [](const FetchContext&) { return Answer{}; };
  EntityClient client = Start();
  v1::FetchEntityResponse response;

  const grpc::Status status = client.Fetch(FetchRequest("itmes", "1"), response);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_THAT(status.error_message(), HasSubstr("'itmes'"));
  EXPECT_THAT(Log(), HasSubstr("'itmes'"));
  EXPECT_EQ(service_->Stats().refused, 1u);
}

TEST_F(ServiceTest, AnExceptionIsInternalAndTellsNoSecret) {
  options_.fetch["items"] = [](const FetchContext& context) -> absl::StatusOr<Answer> {
    throw std::runtime_error("no viewer " + context.secret());
  };
  options_.message = [](const ClientMessage& message) -> absl::StatusOr<std::vector<Reply>> {
    if (message.data == "int") throw 42;
    throw std::runtime_error(message.secret);
  };
  EntityClient client = Start();
  v1::FetchEntityResponse response;

  const grpc::Status status = client.Fetch(FetchRequest("items", "1", "s3cret"), response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_THAT(status.error_message(), Not(HasSubstr("s3cret")));
  v1::HandleMessageResponse replies;
  EXPECT_EQ(client.Message("int", "s3cret", replies).error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(client.Message("x", "s3cret", replies).error_code(), grpc::StatusCode::INTERNAL);

  EXPECT_THAT(Log(), HasSubstr("threw std::runtime_error"));
  EXPECT_THAT(Log(), Not(HasSubstr("s3cret")));
}

TEST_F(ServiceTest, MessagesAreAnsweredWithReplies) {
  options_.message = [](const ClientMessage& message) -> absl::StatusOr<std::vector<Reply>> {
    EXPECT_EQ(message.connection, "connection 1");
    return std::vector<Reply>{{message.secret, false}, {message.data, message.is_binary}};
  };
  EntityClient client = Start();
  v1::HandleMessageResponse response;

  ASSERT_TRUE(client.Message("\xff\x01", "s3cret", response).ok());

  ASSERT_EQ(response.replies_size(), 2);
  EXPECT_EQ(response.replies(0).data(), "s3cret");
  EXPECT_EQ(response.replies(1).data(), "\xff\x01");
  EXPECT_TRUE(response.replies(1).is_binary());
}

TEST_F(ServiceTest, WithoutAMessageFunctionMessagesAreUnimplemented) {
  EntityClient client = Start();
  v1::HandleMessageResponse response;
  EXPECT_EQ(client.Message("hello", "", response).error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(ServiceTest, AGatewayNeedsOneOfTheKeys) {
  options_.accepted_keys = {"old", "new"};
  options_.default_fetch = [](const FetchContext&) { return Answer{}; };
  EntityClient client = Start();

  for (const char* key : {"old", "new"}) {
    client.key = key;
    EXPECT_EQ(client.FetchCode("items", "1", ""), grpc::StatusCode::OK) << key;
  }
  // Not UNAUTHENTICATED: that is said to viewers, and a gateway would take it as final.
  for (const char* key : {"", "ne", "neww", "xew"}) {
    client.key = key;
    EXPECT_EQ(client.FetchCode("items", "1", ""), grpc::StatusCode::INVALID_ARGUMENT) << key;
  }
  v1::HandleMessageResponse response;
  EXPECT_EQ(client.Message("x", "", response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ServiceTest, NotifiesThroughItsGateways) {
  testing::FakeGateway gateway;
  options_.notifier.gateways = {gateway.address()};
  Start();

  EXPECT_TRUE(service_->Notify(EntityKey{"items", "1"}).ok());
  EXPECT_TRUE(service_->NotifyLater(EntityKey{"items", "2"}));
  service_->Stop();

  EXPECT_EQ(service_->Stats().notifier.sent, 2u);
}

TEST_F(ServiceTest, WithoutGatewaysItOnlyAnswers) {
  Start();
  EXPECT_EQ(service_->Notify(EntityKey{"items", "1"}).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(service_->NotifyLater(EntityKey{"items", "1"}));
}

TEST_F(ServiceTest, HostsHealthAndReflection) {
  EntityClient client = Start();
  EXPECT_TRUE(client.IsServing(""));
  EXPECT_TRUE(client.IsServing("entitysync.v1.EntityService"));
  EXPECT_THAT(client.ListServicesByReflection(), HasSubstr("entitysync.v1.EntityService"));
}

TEST_F(ServiceTest, RefusesWhatCannotWork) {
  options_.threads = 0;
  EXPECT_EQ(Service::Start(options_).status().code(), absl::StatusCode::kInvalidArgument);
  options_.threads = 1;
  options_.tls.certificate_file = "/nonexistent/cert.pem";
  EXPECT_EQ(Service::Start(options_).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ServiceTest, APortInUseIsSaid) {
  Start();
  options_.listen = "127.0.0.1:" + std::to_string(service_->port());
  const auto second = Service::Start(options_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(options_.listen));
}

}  // namespace
}  // namespace entitysync
