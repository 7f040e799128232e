#include "service/later_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace entitysync::service {
namespace {

using ::testing::ElementsAre;

// What NotifyLater does with a change.
void Add(LaterQueue& queue, const Change& change) {
  if (!queue.Merge(change)) queue.Append(change);
}

TEST(LaterQueueTest, GivesOutInOrder) {
  LaterQueue queue;
  const Change b{{"items", "b"}, {}};
  const Change a{{"items", "a"}, {}};
  Add(queue, b);
  Add(queue, a);

  EXPECT_THAT(queue.Take(1).changes, ElementsAre(b));
  EXPECT_THAT(queue.Take(10).changes, ElementsAre(a));
  EXPECT_EQ(queue.size(), 0u);
}

TEST(LaterQueueTest, MergesVersionsToTheHighest) {
  LaterQueue queue;
  Add(queue, {{"items", "1"}, 7});
  Add(queue, {{"items", "1"}, 9});
  Add(queue, {{"items", "1"}, 8});

  EXPECT_THAT(queue.Take(10).changes, ElementsAre(Change{{"items", "1"}, 9}));
}

TEST(LaterQueueTest, KeepsAChangeWithoutVersionBesideOneWith) {
  // The one without version forces a fetch; the other tells which version to wait for.
  LaterQueue queue;
  Add(queue, {{"items", "1"}, 7});
  Add(queue, {{"items", "1"}, {}});
  Add(queue, {{"items", "1"}, {}});

  EXPECT_THAT(queue.Take(10).changes,
              ElementsAre(Change{{"items", "1"}, 7}, Change{{"items", "1"}, {}}));
}

TEST(LaterQueueTest, WhatWasTakenIsNotMergedInto) {
  // A change during the sending must be sent again.
  LaterQueue queue;
  Add(queue, {{"items", "1"}, {}});
  EXPECT_EQ(queue.Take(10).last, 1u);
  Add(queue, {{"items", "1"}, {}});

  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(queue.Take(10).last, 2u);
}

}  // namespace
}  // namespace entitysync::service
