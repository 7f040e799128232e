#include "service/call_channel.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "tests/testing/fake_gateway.h"

namespace entitysync::service {
namespace {

// Notes what it hears, and whether the channel took a request then.
class Notes final : public ChannelListener {
 public:
  void Watch(const Channel& channel) { channel_ = &channel; }

  void OnSettled(uint64_t, std::vector<Failure> failures) override {
    Note((failures.empty() ? "settled" : "failed") + State());
  }
  void OnFree() override { Note("free" + State()); }
  void OnEnded(absl::Status) override { Note("ended"); }

  std::vector<std::string> Wait(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return heard_.size() >= count; });
    return heard_;
  }

 private:
  std::string State() const { return channel_->IsFree() ? ", takes more" : ", is busy"; }
  void Note(const std::string& what) {
    std::lock_guard lock(mutex_);
    heard_.push_back(what);
    changed_.notify_all();
  }

  const Channel* channel_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> heard_;
};

// The next answer acknowledges all before it, so it must not overtake this one.
TEST(CallChannelTest, TakesTheNextRequestOnlyWhenTheAnswerIsTold) {
  testing::FakeGateway gateway;
  gateway.AnswerNext({{grpc::StatusCode::UNAVAILABLE, "no echo"}});
  NotifierOptions options;
  options.gateways = {gateway.address()};
  const auto client = *GatewayClient::Create(options);
  Notes notes;
  CallChannel channel(*client, std::chrono::seconds(20), notes);
  notes.Watch(channel);
  const std::vector<Change> changes = {{{"items", "1"}, {}}};

  channel.Send(1, changes);

  EXPECT_EQ(notes.Wait(2), (std::vector<std::string>{"failed, is busy", "free, takes more"}));
}

}  // namespace
}  // namespace entitysync::service
