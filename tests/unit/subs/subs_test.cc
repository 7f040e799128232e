#include <gtest/gtest.h>

#include <map>
#include <set>

#include "gateway/base/random.h"
#include "gateway/subs/subscriber_list.h"

namespace entitysync::subs {
namespace {

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

}  // namespace
}  // namespace entitysync::subs
