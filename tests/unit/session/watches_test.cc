#include "gateway/session/watches.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "gateway/base/random.h"
#include "gateway/protocol/classic.h"
#include "gateway/session/shared_keys.h"

namespace entitysync::session {
namespace {

WorkerStatePtr State(const std::string& row) {
  auto state = std::make_shared<hub::State>();
  state->hash = base::HashRows({row});
  state->classic = protocol::EncodeClassic({row}).frame;
  return new WorkerState(std::move(state));
}

class WatchesTest : public ::testing::Test {
 protected:
  uint32_t Watch(const std::string& id) {
    return watches_.Add(keys_.Acquire({"items", id}), ++last_id_);
  }
  std::optional<uint32_t> Find(const std::string& id) const {
    const base::EntityKey* key = keys_.Find({"items", id});
    return key == nullptr ? std::nullopt : watches_.Find(key);
  }
  void Leave(uint32_t slot) {
    const base::KeyPtr key = watches_[slot].key;
    watches_.Remove(slot);
    keys_.Release(key);
  }
  std::string NextRow(size_t room = 1000) {
    const WorkerStatePtr state = watches_.Next(room);
    return state == nullptr ? "nothing" : state->state->classic->substr(2);
  }

  SharedKeys keys_;
  Watches watches_;
  subs::SubscriptionId last_id_ = 0;
};

TEST_F(WatchesTest, ASlotStaysWhileItsKeyIsWatchedAndIsUsedAgain) {
  EXPECT_EQ(Watch("a"), 0u);
  EXPECT_EQ(Watch("b"), 1u);
  EXPECT_EQ(Find("b"), 1u);
  EXPECT_EQ(Find("c"), std::nullopt);
  Leave(0);
  EXPECT_EQ(Find("a"), std::nullopt);
  EXPECT_EQ(watches_[0].key, nullptr);
  EXPECT_EQ(Watch("c"), 0u);
  EXPECT_EQ(watches_.slot_limit(), 2u);
  EXPECT_EQ(watches_.size(), 2u);
}

TEST_F(WatchesTest, AgreesWithAMapThroughManyChanges) {
  std::map<std::string, uint32_t> model;
  base::Random random(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::string id = std::to_string(random.Below(60));
    if (const auto it = model.find(id); it != model.end()) {
      Leave(it->second);
      model.erase(it);
    } else {
      model[id] = Watch(id);
    }
    ASSERT_EQ(watches_.size(), model.size());
    ASSERT_EQ(keys_.size(), model.size());
    const std::string probe = std::to_string(random.Below(60));
    const auto expected = model.find(probe);
    ASSERT_EQ(Find(probe).has_value(), expected != model.end());
    if (expected != model.end()) {
      ASSERT_EQ(Find(probe), expected->second);
    }
  }
}

TEST_F(WatchesTest, KeepsTheNewestStateOfEachKeyInOrderOfFirstBecomingDirty) {
  const uint32_t a = Watch("a");
  const uint32_t b = Watch("b");
  EXPECT_FALSE(watches_.Put(b, State("b1")));
  EXPECT_FALSE(watches_.Put(a, State("a1")));
  EXPECT_TRUE(watches_.Put(b, State("b2")));
  EXPECT_EQ(NextRow(), "b2");
  EXPECT_EQ(NextRow(), "a1");
  EXPECT_EQ(NextRow(), "nothing");
  EXPECT_TRUE(watches_.IsIdle());
}

TEST_F(WatchesTest, StandsInLineOncePerKeyHoweverOftenItChanges) {
  const uint32_t a = Watch("a");
  const uint32_t b = Watch("b");
  for (int i = 0; i < 1000; ++i) {
    watches_.Put(a, State(std::to_string(i)));
    watches_.Purge(a);
    watches_.Put(b, State(std::to_string(i)));
  }
  watches_.Put(a, State("last"));
  EXPECT_EQ(NextRow(), "last");
  EXPECT_EQ(NextRow(), "999");
  EXPECT_TRUE(watches_.IsIdle());
}

TEST_F(WatchesTest, AStateThatGoesThereAndBackWhileWaitingIsNotSent) {
  const uint32_t a = Watch("a");
  watches_.Put(a, State("a"));
  EXPECT_EQ(NextRow(), "a");
  watches_.Put(a, State("b"));
  watches_.Put(a, State("a"));
  EXPECT_EQ(NextRow(), "nothing");
}

TEST_F(WatchesTest, PurgedStatesAreGoneAndTheirPlaceIsUsable) {
  const uint32_t a = Watch("a");
  watches_.Put(a, State("a"));
  EXPECT_TRUE(watches_.Purge(a));
  EXPECT_FALSE(watches_.Purge(a));
  watches_.Put(a, State("b"));
  EXPECT_EQ(NextRow(), "b");
  EXPECT_EQ(NextRow(), "nothing");
}

TEST_F(WatchesTest, WhatWaitsForAKeyThatIsLeftIsNotSent) {
  const uint32_t a = Watch("a");
  watches_.Put(a, State("a"));
  Leave(a);
  EXPECT_EQ(NextRow(), "nothing");
}

TEST_F(WatchesTest, WhoWatchesAKeyAgainIsSentTheSameContentAgain) {
  watches_.Put(Watch("a"), State("a"));
  EXPECT_EQ(NextRow(), "a");
  Leave(*Find("a"));
  watches_.Put(Watch("a"), State("a"));
  EXPECT_EQ(NextRow(), "a");
}

TEST_F(WatchesTest, ASlotThatIsUsedAgainWhileItStandsInLineStandsInItOnce) {
  watches_.Put(Watch("a"), State("a"));
  watches_.Put(Watch("b"), State("b"));
  Leave(0);
  watches_.Put(Watch("c"), State("c"));
  EXPECT_EQ(NextRow(), "c");
  EXPECT_EQ(NextRow(), "b");
  EXPECT_TRUE(watches_.IsIdle());
}

TEST_F(WatchesTest, AStateForWhichThereIsNoRoomWaitsWhereANewerOneReplacesIt) {
  const uint32_t a = Watch("a");
  watches_.Put(a, State("long"));
  EXPECT_EQ(NextRow(5), "nothing");
  EXPECT_TRUE(watches_.Put(a, State("new")));
  EXPECT_EQ(NextRow(5), "new");
}

TEST(SharedKeysTest, AKeyIsHeldOnceAndLeavesWithItsLastHolder) {
  SharedKeys keys;
  const base::KeyPtr first = keys.Acquire({"items", "1"});
  const base::KeyPtr second = keys.Acquire({"items", "1"});
  EXPECT_EQ(first, second);
  EXPECT_EQ(keys.Find({"items", "1"}), first.get());
  keys.Release(first);
  EXPECT_EQ(keys.Find({"items", "1"}), first.get());
  keys.Release(second);
  EXPECT_EQ(keys.Find({"items", "1"}), nullptr);
  EXPECT_EQ(keys.size(), 0u);
}

}  // namespace
}  // namespace entitysync::session
