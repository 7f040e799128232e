#include "entitysync/notifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "tests/testing/fake_gateway.h"
#include "tests/testing/tcp_gate.h"

namespace entitysync {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeGateway;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

NotifierOptions OptionsFor(const FakeGateway& gateway) {
  NotifierOptions options;
  options.gateways = {gateway.address()};
  options.timeout = seconds(20);
  options.min_backoff = milliseconds(1);
  options.max_backoff = milliseconds(5);
  options.log = nullptr;
  return options;
}

std::unique_ptr<Notifier> Create(NotifierOptions options) {
  auto notifier = Notifier::Create(std::move(options));
  EXPECT_TRUE(notifier.ok()) << notifier.status();
  return *std::move(notifier);
}

grpc::Status Unavailable() { return {grpc::StatusCode::UNAVAILABLE, "no echo"}; }

TEST(NotifierTest, TellsTheGatewayKeyAndVersion) {
  FakeGateway gateway;
  auto notifier = Create(OptionsFor(gateway));

  ASSERT_TRUE(notifier->Notify(Change{{"items", "100"}, 7}).ok());
  ASSERT_TRUE(notifier->Notify(EntityKey{"items", "a.b *"}).ok());

  const auto calls = gateway.Calls();
  ASSERT_THAT(calls, SizeIs(2));
  EXPECT_EQ(calls[0].changes[0].key().entity(), "items");
  EXPECT_EQ(calls[0].changes[0].version(), 7u);
  EXPECT_EQ(calls[1].changes[0].key().id(), "a.b *");
  EXPECT_FALSE(calls[1].changes[0].has_version());
  EXPECT_EQ(notifier->Stats().sent, 2u);
}

TEST(NotifierTest, RetriesUntilAGatewayConfirms) {
  FakeGateway gateway;
  gateway.AnswerNext({Unavailable(), {grpc::StatusCode::UNKNOWN, "proxy"}, Unavailable()});
  auto notifier = Create(OptionsFor(gateway));

  EXPECT_TRUE(notifier->Notify(EntityKey{"items", "1"}).ok());

  EXPECT_THAT(gateway.Calls(), SizeIs(4));
  EXPECT_EQ(notifier->Stats().retries, 3u);
}

// Where everything takes its time, connecting does, and is no failure.
TEST(NotifierTest, AGatewayFarAwayIsReachedAtTheFirstAttempt) {
  FakeGateway gateway;
  testing::TcpGate far(gateway.port());
  far.Pass(milliseconds(200));
  NotifierOptions options = OptionsFor(gateway);
  options.gateways = {"127.0.0.1:" + std::to_string(far.port())};
  auto notifier = Create(std::move(options));

  EXPECT_TRUE(notifier->Notify(EntityKey{"items", "1"}).ok());

  EXPECT_EQ(notifier->Stats().retries, 0u);
}

TEST(NotifierTest, DoesNotRetryWhatCannotHelp) {
  FakeGateway gateway;
  gateway.AnswerNext({{grpc::StatusCode::NOT_FOUND, "no target for 'items'"}});
  auto notifier = Create(OptionsFor(gateway));

  const absl::Status status = notifier->Notify(EntityKey{"items", "1"});

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("'items'"));
  EXPECT_THAT(gateway.Calls(), SizeIs(1));
}

TEST(NotifierTest, GivesUpAtTheDeadlineAndSaysToRepeat) {
  FakeGateway gateway;
  gateway.Block();
  auto options = OptionsFor(gateway);
  options.timeout = milliseconds(60);
  options.attempt_timeout = milliseconds(20);
  auto notifier = Create(std::move(options));

  const absl::Status status = notifier->Notify(EntityKey{"items", "1"});

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("notify again"));
}

TEST(NotifierTest, AnotherGatewayTakesOverFromOneThatIsAway) {
  FakeGateway gateway;
  auto options = OptionsFor(gateway);
  // Nobody listens on the socket in a folder that does not exist.
  options.gateways = {"unix:/nonexistent/gateway.sock", gateway.address()};
  auto notifier = Create(std::move(options));

  for (int i = 0; i < 4; ++i) EXPECT_TRUE(notifier->Notify(EntityKey{"items", "1"}).ok());
}

TEST(NotifierTest, CallsGoRoundRobin) {
  FakeGateway first, second;
  auto options = OptionsFor(first);
  options.gateways = {first.address(), second.address()};
  auto notifier = Create(std::move(options));

  for (int i = 0; i < 10; ++i) ASSERT_TRUE(notifier->Notify(EntityKey{"items", "1"}).ok());

  EXPECT_THAT(first.Calls(), SizeIs(5));
  EXPECT_THAT(second.Calls(), SizeIs(5));
}

TEST(NotifierTest, SplitsWhatIsTooMuchForOneCall) {
  FakeGateway gateway;
  auto notifier = Create(OptionsFor(gateway));
  std::vector<Change> changes;
  for (int i = 0; i < 25'000; ++i) changes.push_back({{"items", std::to_string(i)}, {}});

  ASSERT_TRUE(notifier->Notify(changes).ok());

  const auto calls = gateway.Calls();
  ASSERT_THAT(calls, SizeIs(3));
  EXPECT_THAT(calls[0].changes, SizeIs(10'000));
  EXPECT_THAT(calls[2].changes, SizeIs(5'000));
}

TEST(NotifierTest, AnInvalidKeyIsRefusedBeforeAnythingIsSent) {
  FakeGateway gateway;
  auto notifier = Create(OptionsFor(gateway));

  const absl::Status status =
      notifier->Notify(std::vector<Change>{{{"items", "1"}, {}}, {{"items", ""}, {}}});

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("change 1: the id is empty"));
  EXPECT_THAT(gateway.Calls(), SizeIs(0));
}

TEST(NotifierTest, PresentsItsKeyAndNeverTellsIt) {
  FakeGateway gateway;
  gateway.AnswerNext({{grpc::StatusCode::UNAUTHENTICATED, "wrong key"}});
  auto options = OptionsFor(gateway);
  options.key = "k3y";
  auto notifier = Create(std::move(options));

  const absl::Status status = notifier->Notify(EntityKey{"items", "1"});

  EXPECT_EQ(gateway.Calls()[0].authorization, "Bearer k3y");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("k3y")));
}

TEST(NotifierTest, StopEndsACallThatRetries) {
  FakeGateway gateway;
  gateway.AnswerNext(std::vector<grpc::Status>(100'000, Unavailable()));
  auto notifier = Create(OptionsFor(gateway));
  auto result = std::async(std::launch::async, [&] {
    return notifier->Notify(EntityKey{"items", "1"});
  });
  ASSERT_TRUE(gateway.WaitForCalls(2));

  notifier->Stop();

  EXPECT_EQ(result.get().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(notifier->Notify(EntityKey{"items", "1"}).code(), absl::StatusCode::kUnavailable);
}

TEST(NotifierTest, StopMayBeCalledByTwoThreads) {
  FakeGateway gateway;
  for (int round = 0; round < 100; ++round) {
    auto notifier = Create(OptionsFor(gateway));
    std::atomic<int> ready = 0;
    const auto stop = [&] {
      for (++ready; ready < 2;) {
      }
      notifier->Stop();
    };
    auto other = std::async(std::launch::async, stop);
    stop();
    other.get();
  }
}

TEST(NotifierTest, NeedsAGatewayAndReadableFiles) {
  EXPECT_FALSE(Notifier::Create({}).ok());
  NotifierOptions options;
  options.gateways = {"127.0.0.1:1"};
  options.tls.enabled = true;
  options.tls.ca_file = "/nonexistent/ca.pem";
  const auto notifier = Notifier::Create(options);
  ASSERT_FALSE(notifier.ok());
  EXPECT_THAT(std::string(notifier.status().message()), HasSubstr("/nonexistent/ca.pem"));
}

}  // namespace
}  // namespace entitysync
