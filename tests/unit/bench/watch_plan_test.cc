#include "bench/lib/watch_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "bench/lib/key_table.h"

namespace entitysync::bench {
namespace {

using Pattern = WatchPlan::Pattern;

WatchPlan Plan(const WatchPlan::Parameters& parameters) {
  const auto plan = WatchPlan::Make(parameters);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return *plan;
}

// Checks that PlaceOf undoes KeyAt for every connection, and knows no other keys; answers how many
// watch each key.
std::map<uint32_t, uint32_t> WatchersOf(const WatchPlan& plan, uint32_t keys_to_try) {
  std::map<uint32_t, uint32_t> watchers;
  for (uint32_t connection = 0; connection < plan.connections(); ++connection) {
    std::set<uint32_t> keys;
    for (uint32_t place = 0; place < plan.keys_each(); ++place) {
      const uint32_t key = plan.KeyAt(connection, place);
      EXPECT_TRUE(keys.insert(key).second) << "twice: " << key;
      EXPECT_EQ(plan.PlaceOf(connection, key), place);
      ++watchers[key];
    }
    for (uint32_t key = 0; key < keys_to_try; ++key) {
      EXPECT_EQ(plan.PlaceOf(connection, key).has_value(), keys.contains(key)) << key;
    }
  }
  return watchers;
}

TEST(WatchPlanTest, AllWatchTheSame) {
  const auto watchers = WatchersOf(Plan({Pattern::kAll, 5, 3, 10, 1}), 30);
  EXPECT_EQ(watchers, (std::map<uint32_t, uint32_t>{{10, 5}, {11, 5}, {12, 5}}));
}

TEST(WatchPlanTest, EachWatchesItsOwn) {
  const auto watchers = WatchersOf(Plan({Pattern::kOwn, 3, 2, 10, 1}), 30);
  EXPECT_EQ(watchers,
            (std::map<uint32_t, uint32_t>{{10, 1}, {11, 1}, {12, 1}, {13, 1}, {14, 1}, {15, 1}}));
}

TEST(WatchPlanTest, SpreadEvenly) {
  for (const uint32_t keys : {5u, 6u, 100u, 97u, 128u}) {
    for (const uint32_t connections : {1u, 20u, 33u}) {
      const auto watchers = WatchersOf(Plan({Pattern::kSpread, connections, 5, 10, keys}), 150);
      EXPECT_EQ(watchers.size(), std::min(keys, connections * 5));
      const auto [least, most] = std::minmax_element(
          watchers.begin(), watchers.end(),
          [](const auto& one, const auto& other) { return one.second < other.second; });
      if (watchers.size() == keys) {
        EXPECT_LE(most->second - least->second, 1u);
      }
      EXPECT_GE(watchers.begin()->first, 10u);
      EXPECT_LT(watchers.rbegin()->first, 10 + keys);
    }
  }
}

TEST(WatchPlanTest, OneKeyForAllIsASpreadToo) {
  EXPECT_EQ(WatchersOf(Plan({Pattern::kSpread, 4, 1, 0, 1}), 5),
            (std::map<uint32_t, uint32_t>{{0, 4}}));
}

TEST(WatchPlanTest, RefusesKeysBeyondTheTable) {
  const uint32_t most = KeyTable::kMaxKeys;
  EXPECT_TRUE(WatchPlan::Make({Pattern::kOwn, most / 2, 2, 0, 1}).ok());
  EXPECT_FALSE(WatchPlan::Make({Pattern::kOwn, most / 2, 2, 1, 1}).ok());
  EXPECT_FALSE(WatchPlan::Make({Pattern::kAll, 1, 1, most, 1}).ok());
  EXPECT_FALSE(WatchPlan::Make({Pattern::kSpread, 1, 5, 0, 4}).ok());
}

}  // namespace
}  // namespace entitysync::bench
