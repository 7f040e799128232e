// A service that is full, that is asked by callers who leave, and that stops amid calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "entitysync/service.h"
#include "tests/testing/fake_gateway.h"
#include "tests/unit/service/entity_client.h"

namespace entitysync {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A fetch function that says when it began and waits to be let go, or to be cancelled.
class SlowFunction {
 public:
  FetchFunction function() {
    return [this](const FetchContext& context) -> absl::StatusOr<Answer> {
      std::unique_lock lock(mutex_);
      ++begun_;
      changed_.notify_all();
      // Looks at cancelled() now and then, as the docs advise.
      while (!released_ && !context.cancelled()) changed_.wait_for(lock, milliseconds(5));
      saw_cancelled_ |= context.cancelled();
      if (on_end_) on_end_();
      return Answer{{"row"}, {}};
    };
  }

  bool WaitUntilBegun(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(20), [&] { return begun_ >= count; });
  }
  void Release() {
    std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  int begun() {
    std::lock_guard lock(mutex_);
    return begun_;
  }
  bool saw_cancelled() {
    std::lock_guard lock(mutex_);
    return saw_cancelled_;
  }
  void OnEnd(std::function<void()> on_end) { on_end_ = std::move(on_end); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> on_end_;
  int begun_ = 0;
  bool released_ = false;
  bool saw_cancelled_ = false;
};

class ServiceStopTest : public ::testing::Test {
 protected:
  ServiceStopTest() {
    options_.listen = "127.0.0.1:0";
    options_.log = nullptr;
    options_.stop_timeout = seconds(20);
    options_.fetch["items"] = slow_.function();
  }

  void Start() {
    auto service = Service::Start(options_);
    ASSERT_TRUE(service.ok()) << service.status();
    service_ = *std::move(service);
  }

  std::future<grpc::StatusCode> FetchInBackground() {
    return std::async(std::launch::async, [port = service_->port()] {
      return EntityClient(port).FetchCode("items", "1", "");
    });
  }

  void WaitUntil(const std::function<bool(const ServiceStats&)>& condition) {
    while (!condition(service_->Stats())) std::this_thread::yield();
  }

  SlowFunction slow_;
  ServiceOptions options_;
  std::unique_ptr<Service> service_;
};

TEST_F(ServiceStopTest, CallsThatFindNoRoomAreUnavailable) {
  options_.threads = 1;
  options_.queue = 1;
  Start();
  auto running = FetchInBackground();
  ASSERT_TRUE(slow_.WaitUntilBegun(1));
  auto waiting = FetchInBackground();
  WaitUntil([](const ServiceStats& stats) { return stats.waiting == 1; });

  EXPECT_EQ(FetchInBackground().get(), grpc::StatusCode::UNAVAILABLE);

  slow_.Release();
  EXPECT_EQ(running.get(), grpc::StatusCode::OK);
  EXPECT_EQ(waiting.get(), grpc::StatusCode::OK);
  EXPECT_EQ(service_->Stats().refused, 1u);
}

TEST_F(ServiceStopTest, ACallerThatLeavesCancelsItsFunctionAndItsPlaceInTheQueue) {
  options_.threads = 1;
  Start();
  const auto call = [&](grpc::ClientContext& context) {
    return std::async(std::launch::async, [this, &context] {
      v1::FetchEntityResponse response;
      return EntityClient(service_->port())
          .Fetch(context, FetchRequest("items", "1"), response)
          .error_code();
    });
  };
  // Cancellations reach the service in no order. Where the function's comes first, the call that
  // waited begins before its own comes: then once more.
  constexpr int kMostRounds = 50;
  for (int round = 0; round < kMostRounds && service_->Stats().cancelled == 0; ++round) {
    const int begun = slow_.begun();
    grpc::ClientContext first, second;
    auto running = call(first);
    ASSERT_TRUE(slow_.WaitUntilBegun(begun + 1));
    auto waiting = call(second);
    WaitUntil([](const ServiceStats& stats) { return stats.waiting == 1; });

    second.TryCancel();
    EXPECT_EQ(waiting.get(), grpc::StatusCode::CANCELLED);
    first.TryCancel();
    EXPECT_EQ(running.get(), grpc::StatusCode::CANCELLED);
    WaitUntil([&](const ServiceStats& stats) {
      return stats.cancelled == 1 || slow_.begun() == begun + 2;
    });
  }
  EXPECT_EQ(service_->Stats().cancelled, 1u);
  EXPECT_TRUE(slow_.saw_cancelled());
}

TEST_F(ServiceStopTest, StopLetsCallsInFlightFinish) {
  Start();
  auto running = FetchInBackground();
  ASSERT_TRUE(slow_.WaitUntilBegun(1));
  auto stopped = std::async(std::launch::async, [this] { service_->Stop(); });
  slow_.Release();
  stopped.get();
  EXPECT_EQ(running.get(), grpc::StatusCode::OK);
}

TEST_F(ServiceStopTest, StopCancelsWhatDoesNotFinishInTime) {
  options_.threads = 1;
  options_.stop_timeout = milliseconds(10);
  Start();
  auto running = FetchInBackground();
  ASSERT_TRUE(slow_.WaitUntilBegun(1));
  auto waiting = FetchInBackground();
  WaitUntil([](const ServiceStats& stats) { return stats.waiting == 1; });

  service_->Stop();  // Nobody releases the function.

  EXPECT_NE(running.get(), grpc::StatusCode::OK);
  EXPECT_NE(waiting.get(), grpc::StatusCode::OK);
  EXPECT_TRUE(slow_.saw_cancelled());
}

TEST_F(ServiceStopTest, StopSendsWhatTheLastFunctionsNotified) {
  testing::FakeGateway gateway;
  gateway.AnswerNext(std::vector<grpc::Status>(5, {grpc::StatusCode::UNAVAILABLE, "not yet"}));
  options_.notifier.gateways = {gateway.address()};
  options_.notifier.flush_timeout = seconds(20);
  Start();
  slow_.OnEnd([this] { service_->NotifyLater(EntityKey{"items", "2"}); });
  auto running = FetchInBackground();
  ASSERT_TRUE(slow_.WaitUntilBegun(1));
  slow_.Release();

  service_->Stop();
  service_->Stop();  // Harmless.

  EXPECT_EQ(running.get(), grpc::StatusCode::OK);
  EXPECT_EQ(service_->Stats().notifier.sent, 1u);
}

}  // namespace
}  // namespace entitysync
