// Health, reflection, drain and stop.

#include <gmock/gmock.h>

#include "tests/unit/front/front_fixture.h"

namespace entitysync::front {
namespace {

using ::testing::HasSubstr;

class FrontServerLifecycleTest : public FrontTest {
 protected:
  // What grpc.health.v1.Health/Check answers, undecoded: field 1 is the serving status.
  std::string Health(const std::string& service) {
    std::string request;
    if (!service.empty()) request = "\x0A" + std::string(1, static_cast<char>(service.size()));
    const RawAnswer answer = CallRaw("/grpc.health.v1.Health/Check", request + service);
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    return answer.message;
  }

  void ExpectHealth(const std::string& expected) {
    EXPECT_EQ(Health(""), expected);
    EXPECT_EQ(Health("entitysync.v1.GatewayService"), expected);
  }

  const std::string kServing = "\x08\x01";
  const std::string kNotServing = "\x08\x02";
};

TEST_F(FrontServerLifecycleTest, HealthSaysWhatItWasTold) {
  ASSERT_TRUE(Start().ok());
  ExpectHealth(kNotServing);
  front_->SetServing(true);
  ExpectHealth(kServing);
  front_->SetServing(false);
  ExpectHealth(kNotServing);
  // A drain that has begun still takes changes.
  EXPECT_TRUE(Notify().ok());
}

TEST_F(FrontServerLifecycleTest, HealthNeedsNoKey) {
  FrontOptions options = Loopback();
  options.bearer_key = "k3y";
  ASSERT_TRUE(Start(options).ok());
  ExpectHealth(kNotServing);
}

TEST_F(FrontServerLifecycleTest, ReflectionListsTheService) {
  ASSERT_TRUE(Start().ok());
  // ServerReflectionRequest{list_services: ""}.
  const RawAnswer answer = CallRaw("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                                   std::string("\x3A\x00", 2));
  EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_THAT(answer.message, HasSubstr("entitysync.v1.GatewayService"));
}

TEST_F(FrontServerLifecycleTest, StopLetsCallsUnderWayEnd) {
  publisher_.Hold();
  ASSERT_TRUE(Start().ok());
  grpc::ClientContext context;
  std::future<grpc::Status> status = NotifyLater(context);
  auto call = publisher_.Take();
  ASSERT_TRUE(call);
  std::future<void> stopped =
      std::async(std::launch::async, [this] { front_->Stop(testing::kTestPatience); });
  // GOAWAY ends the channel's readiness; by then Stop waits for the call.
  channel_->WaitForStateChange(GRPC_CHANNEL_READY,
                               std::chrono::system_clock::now() + testing::kTestPatience);
  EXPECT_EQ(stopped.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  call->done(absl::OkStatus());
  EXPECT_TRUE(AwaitStatus(status).ok());
  EXPECT_EQ(stopped.wait_for(testing::kTestPatience), std::future_status::ready);
}

TEST_F(FrontServerLifecycleTest, StopEndsCallsAfterTheGraceWhateverThePublisherDoes) {
  publisher_.Hold();
  ASSERT_TRUE(Start().ok());
  grpc::ClientContext context;
  std::future<grpc::Status> status = NotifyLater(context);
  auto call = publisher_.Take();
  ASSERT_TRUE(call);
  front_->Stop(std::chrono::milliseconds(10));
  EXPECT_FALSE(AwaitStatus(status).ok());
  front_.reset();
  call->done(absl::OkStatus());  // Late, and of no consequence.
  EXPECT_EQ(metrics_.calls_ok.Value(), 0);
}

TEST_F(FrontServerLifecycleTest, StopEndsHealthWatches) {
  ASSERT_TRUE(Start().ok());
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  grpc::GenericStub generic(channel_);
  const auto watch = generic.PrepareCall(&context, "/grpc.health.v1.Health/Watch", &queue);
  void* tag = nullptr;
  bool ok = false;
  watch->StartCall(nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok) && ok);
  watch->WriteLast(grpc::ByteBuffer(nullptr, 0), {}, nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok) && ok);
  grpc::ByteBuffer first;
  watch->Read(&first, nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok) && ok);

  front_->Stop(std::chrono::milliseconds(10));

  grpc::Status status;
  watch->Finish(&status, nullptr);
  EXPECT_TRUE(queue.Next(&tag, &ok));
  EXPECT_FALSE(status.ok());
}

TEST_F(FrontServerLifecycleTest, AfterStopNothingListens) {
  ASSERT_TRUE(Start().ok());
  EXPECT_TRUE(Notify().ok());
  front_->Stop(std::chrono::seconds(1));
  EXPECT_EQ(Notify().error_code(), grpc::StatusCode::UNAVAILABLE);
  front_->SetServing(true);  // Harmless.
  front_->Stop(std::chrono::seconds(1));
}

}  // namespace
}  // namespace entitysync::front
