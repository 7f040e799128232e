#include "gateway/bus/delivery_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace entitysync::bus {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Queue = DeliveryQueue<int>;

TEST(DeliveryQueue, GivesAllThatWaitsInOrder) {
  Queue queue({});
  EXPECT_TRUE(queue.Push(1, 10));
  EXPECT_TRUE(queue.Push(2, 10));
  Queue::Batch batch;
  EXPECT_TRUE(queue.Wait(batch, seconds(10)));
  EXPECT_THAT(batch.items, ElementsAre(1, 2));
  EXPECT_EQ(batch.dropped, 0u);
}

TEST(DeliveryQueue, CountsWhatDoesNotFitAndTellsItOnce) {
  Queue queue({.max_messages = 2, .max_bytes = 100});
  queue.Push(1, 10);
  queue.Push(2, 10);
  EXPECT_FALSE(queue.Push(3, 10));
  queue.CountDropped(4);
  Queue::Batch batch;
  EXPECT_TRUE(queue.Wait(batch, seconds(10)));
  EXPECT_THAT(batch.items, ElementsAre(1, 2));
  EXPECT_EQ(batch.dropped, 5u);
  queue.Wake();
  EXPECT_TRUE(queue.Wait(batch, seconds(10)));
  EXPECT_THAT(batch.items, IsEmpty());
  EXPECT_EQ(batch.dropped, 0u);
}

TEST(DeliveryQueue, TheBatchInHandCountsAgainstTheLimits) {
  Queue queue({.max_messages = 2, .max_bytes = 20});
  queue.Push(1, 20);
  Queue::Batch batch;
  ASSERT_TRUE(queue.Wait(batch, seconds(10)));
  EXPECT_FALSE(queue.Push(2, 1));  // 20 bytes are in hand.
  ASSERT_TRUE(queue.Wait(batch, seconds(10)));
  EXPECT_TRUE(queue.Push(2, 20));
  ASSERT_TRUE(queue.Wait(batch, seconds(10)));
  EXPECT_THAT(batch.items, ElementsAre(2));
}

TEST(DeliveryQueue, EndsWhenClosed) {
  Queue queue({});
  queue.Close();
  EXPECT_FALSE(queue.Push(1, 1));
  Queue::Batch batch;
  EXPECT_FALSE(queue.Wait(batch, seconds(10)));
}

}  // namespace
}  // namespace entitysync::bus
