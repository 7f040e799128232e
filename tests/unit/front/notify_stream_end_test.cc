// How streams are refused and how they end.

#include <gmock/gmock.h>

#include "tests/testing/eventually.h"
#include "tests/unit/front/stream_fixture.h"

namespace entitysync::front {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class NotifyStreamEndTest : public NotifyStreamTest {};

TEST_F(NotifyStreamEndTest, TheProducersEndComesAfterAllIsSettled) {
  publisher_.Hold();
  ASSERT_TRUE(Start().ok());
  ProducerStream stream = Open();
  ASSERT_TRUE(stream.Send(1, {"a"}));
  auto call = publisher_.Take();
  ASSERT_TRUE(call);
  std::future<grpc::Status> end = std::async(std::launch::async, [&] { return stream.Close(); });
  EXPECT_EQ(end.wait_for(milliseconds(0)), std::future_status::timeout);
  call->done(absl::OkStatus());
  EXPECT_TRUE(AwaitStatus(end).ok());
  EXPECT_EQ(stream.acknowledged(), 1u);
}

TEST_F(NotifyStreamEndTest, TheKeyIsAskedFor) {
  FrontOptions options = Loopback();
  options.bearer_key = "k3y";
  ASSERT_TRUE(Start(options).ok());
  EXPECT_EQ(Open().AwaitEnd().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Open("other").AwaitEnd().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  ProducerStream stream = Open("k3y");
  ASSERT_TRUE(stream.Send(1, {"a"}));
  EXPECT_TRUE(stream.Acknowledged(1));
  EXPECT_EQ(metrics_.streams_unauthenticated.Value(), 2);
}

TEST_F(NotifyStreamEndTest, MoreStreamsThanTheLimitAreRefusedUntilOneEnds) {
  FrontOptions options = Loopback();
  options.max_streams = 1;
  ASSERT_TRUE(Start(options).ok());
  ProducerStream first = Open();
  ASSERT_TRUE(first.Send(1, {"a"}));
  ASSERT_TRUE(first.Acknowledged(1));
  EXPECT_EQ(metrics_.streams.Value(), 1);
  const grpc::Status status = Open().AwaitEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("front.max_streams"));
  EXPECT_EQ(metrics_.streams_full.Value(), 1);
  EXPECT_TRUE(Notify().ok()) << "calls go on";

  EXPECT_TRUE(first.Close().ok());
  ASSERT_TRUE(testing::Eventually([&] { return metrics_.streams.Value() == 0; }));
  ProducerStream second = Open();
  ASSERT_TRUE(second.Send(1, {"a"}));
  EXPECT_TRUE(second.Acknowledged(1));
}

TEST_F(NotifyStreamEndTest, ARequestLargerThanTheGatewayAcceptsEndsIt) {
  FrontOptions options = Loopback();
  options.max_receive_bytes = 1000;
  ASSERT_TRUE(Start(options).ok());
  ProducerStream stream = Open();
  stream.Send(1, {std::string(1001, 'x')});
  EXPECT_EQ(stream.AwaitEnd().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(NotifyStreamEndTest, AnOldStreamEndsAndSaysWhy) {
  FrontOptions options = Loopback();
  options.max_connection_age = std::chrono::seconds(2);
  ASSERT_TRUE(Start(options).ok());
  ProducerStream stream = Open();
  ASSERT_TRUE(stream.Send(1, {"a"}));
  ASSERT_TRUE(stream.Acknowledged(1));
  const grpc::Status status = stream.AwaitEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("old"));
}

TEST_F(NotifyStreamEndTest, StopSettlesWhatWasReadAndSaysWhy) {
  publisher_.Hold();
  ASSERT_TRUE(Start().ok());
  ProducerStream stream = Open();
  ASSERT_TRUE(stream.Send(1, {"a"}));
  auto call = publisher_.Take();
  ASSERT_TRUE(call);
  std::future<void> stopped =
      std::async(std::launch::async, [this] { front_->Stop(testing::kTestPatience); });
  channel_->WaitForStateChange(GRPC_CHANNEL_READY,
                               std::chrono::system_clock::now() + testing::kTestPatience);
  EXPECT_EQ(stopped.wait_for(milliseconds(0)), std::future_status::timeout);
  call->done(absl::OkStatus());
  const grpc::Status status = stream.AwaitEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("shutting down"));
  EXPECT_EQ(stream.acknowledged(), 1u);
  EXPECT_EQ(stopped.wait_for(testing::kTestPatience), std::future_status::ready);
}

TEST_F(NotifyStreamEndTest, StopEndsStreamsAfterTheGraceWhateverThePublisherDoes) {
  publisher_.Hold();
  ASSERT_TRUE(Start().ok());
  ProducerStream stream = Open();
  ASSERT_TRUE(stream.Send(1, {"a"}));
  auto call = publisher_.Take();
  ASSERT_TRUE(call);
  front_->Stop(milliseconds(10));
  EXPECT_FALSE(stream.AwaitEnd().ok());
  EXPECT_EQ(stream.acknowledged(), 0u);
  EXPECT_EQ(metrics_.streams.Value(), 0);
  front_.reset();
  call->done(absl::OkStatus());  // Late, and of no consequence.
}

TEST_F(NotifyStreamEndTest, AProducerThatLeavesHarmsNobody) {
  publisher_.Hold();
  ASSERT_TRUE(Start().ok());
  std::optional<testing::FakePublisher::Call> call;
  {
    ProducerStream stream = Open();
    ASSERT_TRUE(stream.Send(1, {"a"}));
    call = publisher_.Take();
    ASSERT_TRUE(call);
    stream.context().TryCancel();
    EXPECT_EQ(stream.AwaitEnd().error_code(), grpc::StatusCode::CANCELLED);
  }
  ASSERT_TRUE(testing::Eventually([&] { return metrics_.streams.Value() == 0; }));
  call->done(absl::OkStatus());
  front_->Stop(testing::kTestPatience);
}

TEST_F(NotifyStreamEndTest, AnswersAndRequestsMayMeet) {
  publisher_.Hold();
  ASSERT_TRUE(Start().ok());
  for (int i = 0; i < 200; ++i) {
    ProducerStream stream = Open();
    ASSERT_TRUE(stream.Send(1, {"a"}));
    auto call = publisher_.Take();
    ASSERT_TRUE(call);
    std::future<bool> sent = std::async(std::launch::async, [&] { return stream.Send(2, {"b"}); });
    call->done(absl::OkStatus());
    ASSERT_TRUE(sent.get());
    publisher_.Take()->done(absl::OkStatus());
    EXPECT_TRUE(stream.Close().ok());
    EXPECT_EQ(stream.acknowledged(), 2u);
  }
}

TEST_F(NotifyStreamEndTest, AnswersAndCancellationsMayMeet) {
  publisher_.Hold();
  ASSERT_TRUE(Start().ok());
  for (int i = 0; i < 200; ++i) {
    ProducerStream stream = Open();
    ASSERT_TRUE(stream.Send(1, {"a"}));
    auto call = publisher_.Take();
    ASSERT_TRUE(call);
    std::future<void> cancel =
        std::async(std::launch::async, [&] { stream.context().TryCancel(); });
    call->done(absl::OkStatus());
    EXPECT_FALSE(stream.AwaitEnd().ok());
  }
  front_->Stop(testing::kTestPatience);
  EXPECT_EQ(metrics_.streams.Value(), 0);
}

}  // namespace
}  // namespace entitysync::front
