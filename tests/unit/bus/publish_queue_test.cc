#include "entitysync/gateway/publish_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace entitysync::bus {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;

// A send function that holds on to its first message until told to go on.
class BlockedSend {
 public:
  void operator()(const PublishQueue::Message& message) {
    if (sent.empty()) {
      entered.count_down();
      go.wait();
    }
    sent.push_back(message.payload);
  }

  std::latch entered{1};
  std::latch go{1};
  std::vector<std::string> sent;  // Read after Stop.
};

TEST(PublishQueue, SendsInTheOrderOfTheCallsAndKeepsTheConnection) {
  std::vector<std::string> sent;
  std::vector<uint64_t> connections;
  PublishQueue queue({}, [&](const PublishQueue::Message& message) {
    sent.push_back(message.subject + "=" + message.payload);
    connections.push_back(message.connection);
  });
  EXPECT_TRUE(queue.Push("a", "1", 7).ok());
  EXPECT_TRUE(queue.Push("b", "2", 8).ok());
  queue.Stop(seconds(10));
  EXPECT_THAT(sent, ElementsAre("a=1", "b=2"));
  EXPECT_THAT(connections, ElementsAre(7, 8));
}

TEST(PublishQueue, RefusesWhatIsOverTheLimitOfMessages) {
  BlockedSend send;
  PublishQueue queue({.max_messages = 2, .max_bytes = 1000}, std::ref(send));
  EXPECT_TRUE(queue.Push("a", "1", 1).ok());
  send.entered.wait();  // The one being sent counts.
  EXPECT_TRUE(queue.Push("a", "2", 1).ok());
  EXPECT_EQ(queue.Push("a", "3", 1).code(), absl::StatusCode::kUnavailable);
  send.go.count_down();
  queue.Stop(seconds(10));
  EXPECT_THAT(send.sent, ElementsAre("1", "2"));
}

TEST(PublishQueue, RefusesWhatIsOverTheLimitOfBytes) {
  BlockedSend send;
  PublishQueue queue({.max_messages = 100, .max_bytes = 10}, std::ref(send));
  EXPECT_TRUE(queue.Push("a", "12345", 1).ok());
  send.entered.wait();
  EXPECT_EQ(queue.Push("a", "1234", 1).code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(queue.Push("a", "123", 1).ok());
  send.go.count_down();
  queue.Stop(seconds(10));
  EXPECT_THAT(send.sent, ElementsAre("12345", "123"));
}

TEST(PublishQueue, StopWithoutDrainThrowsTheRestAway) {
  BlockedSend send;
  PublishQueue queue({}, std::ref(send));
  EXPECT_TRUE(queue.Push("a", "1", 1).ok());
  EXPECT_TRUE(queue.Push("a", "2", 1).ok());
  send.entered.wait();
  auto stopped = std::async(std::launch::async, [&] { queue.Stop(seconds(0)); });
  // Once Stop has begun nothing is accepted any more; it then waits for the send under way.
  while (queue.Push("a", "x", 1).ok()) std::this_thread::yield();
  send.go.count_down();
  stopped.wait();
  EXPECT_EQ(send.sent.front(), "1");
  EXPECT_EQ(queue.Push("a", "3", 1).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace entitysync::bus
