// Every status line of gateway.proto, deadlines and cancellation.

#include <gmock/gmock.h>

#include "gateway/front/notify_service.h"
#include "tests/unit/front/front_fixture.h"

namespace entitysync::front {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

class FrontServerCallsTest : public FrontTest {};

TEST_F(FrontServerCallsTest, OkWhenThePublisherHasTheChanges) {
  ASSERT_TRUE(Start().ok());
  v1::NotifyChangeRequest request = RequestFor("items", "1");
  request.mutable_changes(0)->set_version(7);
  v1::EntityKey& key = *request.add_changes()->mutable_key();
  key.set_entity("users");
  key.set_id("2");

  EXPECT_TRUE(Notify(request).ok());

  const auto call = publisher_.Take();
  ASSERT_TRUE(call);
  ASSERT_EQ(call->changes.size(), 2u);
  EXPECT_EQ(call->changes[0].key, (base::EntityKey{"items", "1"}));
  EXPECT_EQ(call->changes[0].version, 7u);
  EXPECT_EQ(call->changes[1].key, (base::EntityKey{"users", "2"}));
  EXPECT_FALSE(call->terms.may_gather);
  EXPECT_EQ(metrics_.calls_ok.Value(), 1);
  EXPECT_EQ(metrics_.changes_accepted.Value(), 2);
}

TEST_F(FrontServerCallsTest, OkComesOnlyAfterThePublishersAnswer) {
  publisher_.Hold();
  ASSERT_TRUE(Start().ok());
  grpc::ClientContext context;
  std::future<grpc::Status> status = NotifyLater(context);
  auto call = publisher_.Take();
  ASSERT_TRUE(call);
  EXPECT_EQ(status.wait_for(seconds(0)), std::future_status::timeout);
  call->done(absl::OkStatus());
  EXPECT_TRUE(AwaitStatus(status).ok());
}

TEST_F(FrontServerCallsTest, InvalidArgumentNamesTheFaultsAndPublishesNothing) {
  ASSERT_TRUE(Start().ok());
  v1::NotifyChangeRequest request = RequestFor("items", "1");
  request.add_changes()->mutable_key()->set_entity("items");
  const grpc::Status status = Notify(request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("changes[1] {\"items\", \"\"}: id is empty"));
  EXPECT_EQ(Notify(v1::NotifyChangeRequest()).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(publisher_.empty());
  EXPECT_EQ(metrics_.calls_invalid.Value(), 2);
}

TEST_F(FrontServerCallsTest, MoreChangesThanTheLimitAreInvalid) {
  FrontOptions options = Loopback();
  options.max_changes_per_call = 2;
  ASSERT_TRUE(Start(options).ok());
  v1::NotifyChangeRequest request = RequestFor("items", "1");
  *request.add_changes() = request.changes(0);
  EXPECT_TRUE(Notify(request).ok());
  *request.add_changes() = request.changes(0);
  EXPECT_EQ(Notify(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(FrontServerCallsTest, TheLongestFaultMessageArrivesWhole) {
  ASSERT_TRUE(Start().ok());
  v1::NotifyChangeRequest request;
  for (int i = 0; i < 100; ++i) {
    v1::EntityKey& key = *request.add_changes()->mutable_key();
    key.set_entity(std::string(500, '\n'));
    key.set_id(std::string(5000, '"'));
  }
  const grpc::Status status = Notify(request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("changes[9]"));
  EXPECT_THAT(status.error_message(), HasSubstr("and 90 more"));
}

TEST_F(FrontServerCallsTest, NotFoundNamesTheEntityType) {
  ASSERT_TRUE(Start().ok());
  const grpc::Status status = Notify(RequestFor("unknown", "1"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("\"unknown\""));
  EXPECT_TRUE(publisher_.empty());
}

TEST_F(FrontServerCallsTest, ThePublishersUnavailableIsPassedOn) {
  publisher_.AnswerWith(absl::UnavailableError("the bus did not confirm: retry"));
  ASSERT_TRUE(Start().ok());
  const grpc::Status status = Notify();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "the bus did not confirm: retry");
  EXPECT_EQ(metrics_.calls_unavailable.Value(), 1);
}

TEST_F(FrontServerCallsTest, APublisherThatDropsACallMakesItUnavailable) {
  publisher_.Hold();
  ASSERT_TRUE(Start().ok());
  grpc::ClientContext context;
  std::future<grpc::Status> status = NotifyLater(context);
  publisher_.Take().reset();
  EXPECT_EQ(AwaitStatus(status).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(FrontServerCallsTest, ARequestLargerThanTheGatewayAcceptsIsResourceExhausted) {
  FrontOptions options = Loopback();
  options.max_receive_bytes = 1000;
  ASSERT_TRUE(Start(options).ok());
  EXPECT_EQ(Notify(RequestFor("items", std::string(1001, 'x'))).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(FrontServerCallsTest, ACompressedRequestIsRefused) {
  ASSERT_TRUE(Start().ok());
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  EXPECT_EQ(Notify(context, RequestFor("items", std::string(500, 'x'))).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(FrontServerCallsTest, BytesThatAreNoRequestAreRefusedAndDoNoHarm) {
  ASSERT_TRUE(Start().ok());
  const std::string method = "/entitysync.v1.GatewayService/NotifyChange";
  // A change {key {entity: "\xFF", id: "1"}}, and bytes that are no protobuf at all.
  const std::string not_utf8("\x0A\x08\x0A\x06\x0A\x01\xFF\x12\x01\x31", 10);
  EXPECT_EQ(CallRaw(method, not_utf8).status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(CallRaw(method, "\xFF\xFF\xFF").status.error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  std::string valid = not_utf8;
  valid[6] = 'x';
  EXPECT_TRUE(CallRaw(method, valid).status.ok());
}

TEST_F(FrontServerCallsTest, MillionsOfEmptyChangesAreCountedNotDecoded) {
  ASSERT_TRUE(Start().ok());
  std::string bytes;
  for (int i = 0; i < 5'000'000; ++i) bytes.append("\x0A\x00", 2);
  const RawAnswer answer = CallRaw("/entitysync.v1.GatewayService/NotifyChange", bytes);
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(answer.status.error_message(), HasSubstr("5000000 changes, more than the limit"));
}

TEST_F(FrontServerCallsTest, ThePublisherHasTheNotifyTimeoutOrWhatTheCallerLeaves) {
  FrontOptions options = Loopback();
  options.notify_timeout = seconds(3);
  ASSERT_TRUE(Start(options).ok());
  EXPECT_TRUE(Notify().ok());
  EXPECT_EQ(publisher_.Take()->terms.timeout, seconds(3));

  grpc::ClientContext patient;
  patient.set_deadline(std::chrono::system_clock::now() + std::chrono::hours(1));
  EXPECT_TRUE(Notify(patient).ok());
  EXPECT_EQ(publisher_.Take()->terms.timeout, seconds(3));

  options.notify_timeout = std::chrono::hours(1);
  front_.reset();
  ASSERT_TRUE(Start(options).ok());
  grpc::ClientContext hasty;
  hasty.set_deadline(std::chrono::system_clock::now() + seconds(9));
  EXPECT_TRUE(Notify(hasty).ok());
  const base::Duration timeout = publisher_.Take()->terms.timeout;
  // On the wire gRPC rounds a deadline of seconds up to 10 ms.
  EXPECT_LE(timeout, seconds(9) - milliseconds(40));
  EXPECT_GT(timeout, base::Duration::zero());
}

TEST(PublishTimeoutTest, LeavesTheSmallerMarginOfATenthAnd50Milliseconds) {
  EXPECT_EQ(PublishTimeout(seconds(2), base::Duration::max()), seconds(2));
  EXPECT_EQ(PublishTimeout(seconds(2), seconds(10)), seconds(2));
  EXPECT_EQ(PublishTimeout(seconds(2), seconds(1)), milliseconds(950));
  EXPECT_EQ(PublishTimeout(seconds(2), milliseconds(100)), milliseconds(90));
  EXPECT_LE(PublishTimeout(seconds(2), base::Duration::zero()), base::Duration::zero());
  EXPECT_LE(PublishTimeout(seconds(2), -seconds(1)), base::Duration::zero());
}

TEST_F(FrontServerCallsTest, ACallerThatGaveUpHarmsNobodyWhenTheAnswerComesLate) {
  ASSERT_TRUE(Start().ok());
  ASSERT_TRUE(Notify().ok());  // The connection stands before anybody is in a hurry.
  ASSERT_TRUE(publisher_.Take());
  publisher_.Hold();
  grpc::ClientContext hasty;
  hasty.set_deadline(std::chrono::system_clock::now() + seconds(1));
  EXPECT_EQ(Notify(hasty).error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  auto first = publisher_.Take();

  grpc::ClientContext fickle;
  std::future<grpc::Status> status = NotifyLater(fickle);
  auto second = publisher_.Take();
  ASSERT_TRUE(first && second);
  fickle.TryCancel();
  EXPECT_EQ(AwaitStatus(status).error_code(), grpc::StatusCode::CANCELLED);

  first->done(absl::OkStatus());
  second->done(absl::OkStatus());
  front_->Stop(testing::kTestPatience);
}

TEST_F(FrontServerCallsTest, AnswersAndCancellationsMayMeet) {
  publisher_.Hold();
  ASSERT_TRUE(Start().ok());
  for (int i = 0; i < 200; ++i) {
    grpc::ClientContext context;
    std::future<grpc::Status> status = NotifyLater(context);
    auto call = publisher_.Take();
    ASSERT_TRUE(call);
    std::future<void> cancel = std::async(std::launch::async, [&] { context.TryCancel(); });
    call->done(absl::OkStatus());
    const grpc::StatusCode code = AwaitStatus(status).error_code();
    EXPECT_TRUE(code == grpc::StatusCode::OK || code == grpc::StatusCode::CANCELLED);
  }
}

}  // namespace
}  // namespace entitysync::front
