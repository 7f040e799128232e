#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>

#include "gateway/base/random.h"
#include "gateway/subs/slot_table.h"
#include "gateway/subs/subscriber_list.h"

namespace entitysync::subs {
namespace {

base::KeyPtr Key(const std::string& id) {
  return std::make_shared<const base::EntityKey>(base::EntityKey{"items", id});
}

TEST(SubscriptionIdTest, CarriesTheWorker) {
  const SubscriptionId id = MakeSubscriptionId(513, 0xFFFF'FFFF'FFFF);
  EXPECT_EQ(WorkerOf(id), 513);
  EXPECT_NE(id, MakeSubscriptionId(512, 0xFFFF'FFFF'FFFF));
}

TEST(SubscriberListTest, AgreesWithASetThroughManyChanges) {
  SubscriberList list;
  std::set<SubscriptionId> model;
  base::Random random(7);
  for (int i = 0; i < 20'000; ++i) {
    const SubscriptionId id = random.Below(60);
    if (model.insert(id).second) {
      list.Add({.ref = {.id = id, .session = static_cast<uint32_t>(id)}});
    } else {
      model.erase(id);
      const auto removed = list.Remove(id);
      ASSERT_TRUE(removed.has_value());
      EXPECT_EQ(removed->ref.session, id);
    }
    ASSERT_EQ(list.size(), model.size());
    const SubscriptionId probe = random.Below(60);
    ASSERT_EQ(list.Find(probe) != nullptr, model.contains(probe));
  }
  for (const Subscriber& subscriber : list.all()) EXPECT_TRUE(model.contains(subscriber.ref.id));
}

TEST(SubscriberListTest, RemovingWhatIsNotHereIsHarmless) {
  SubscriberList list;
  EXPECT_FALSE(list.Remove(1).has_value());
  EXPECT_EQ(list.Find(1), nullptr);
}

TEST(SlotTableTest, ASlotStaysWhileItsKeyIsWatchedAndIsUsedAgain) {
  SlotTable table;
  EXPECT_EQ(table.Add(Key("a")), 0u);
  EXPECT_EQ(table.Add(Key("b")), 1u);
  EXPECT_EQ(table.Find({"items", "b"}), 1u);
  EXPECT_EQ(table.Find({"other", "b"}), std::nullopt);
  table.Remove({"items", "a"});
  EXPECT_EQ(table.Find({"items", "a"}), std::nullopt);
  EXPECT_EQ(table.KeyOf(0), nullptr);
  EXPECT_EQ(table.Add(Key("c")), 0u);
  EXPECT_EQ(table.slot_limit(), 2u);
  EXPECT_EQ(table.size(), 2u);
}

TEST(SlotTableTest, AKeyMayBeRemovedByTheReferenceThatTheTableHolds) {
  SlotTable table;
  const uint32_t slot = table.Add(Key("a"));
  table.Remove(*table.KeyOf(slot));
  EXPECT_EQ(table.size(), 0u);
}

}  // namespace
}  // namespace entitysync::subs
