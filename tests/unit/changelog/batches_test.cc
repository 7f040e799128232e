#include "gateway/changelog/batches.h"

#include <gtest/gtest.h>

#include <string>

#include "gateway/base/limits.h"
#include "gateway/changelog/bus_codec.h"

namespace entitysync::changelog {
namespace {

TEST(BatchesTest, OneBatchPerTypeInOrderOfAppearance) {
  Batches batches;
  batches.Add({{{"b", "1"}, {}}, {{"a", "1"}, {}}, {{"b", "2"}, {}}});
  batches.Add({{{"a", "2"}, {}}, {{"c", "1"}, {}}});
  const auto taken = batches.Take();
  ASSERT_EQ(taken.size(), 3u);
  EXPECT_EQ(taken[0][0].key.entity, "b");
  EXPECT_EQ(taken[0][1].key.id, "2");
  EXPECT_EQ(taken[1].size(), 2u);
  EXPECT_EQ(taken[1][1].key, (base::EntityKey{"a", "2"}));
  EXPECT_EQ(taken[2].size(), 1u);
}

TEST(BatchesTest, WhatWasTakenIsGone) {
  Batches batches;
  batches.Add({{{"a", "1"}, {}}});
  batches.Take();
  EXPECT_TRUE(batches.Take().empty());
  batches.Add({{{"a", "2"}, {}}});
  const auto taken = batches.Take();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].size(), 1u);
}

TEST(BatchesTest, NoBatchOutgrowsABusMessage) {
  std::vector<Change> changes;
  for (int i = 0; i < 10'000; ++i) {
    std::string id = std::to_string(i);
    id.resize(base::limits::kMaxIdBytes, 'x');
    changes.push_back({{"items", std::move(id)}, UINT64_MAX});
  }
  Batches batches;
  batches.Add(std::move(changes));
  size_t total = 0;
  for (const auto& batch : batches.Take()) {
    total += batch.size();
    EXPECT_LE(EncodeBusMessage({"r1", 1'700'000'000'000}, BatchBody{UINT64_MAX, batch}).size(),
              base::limits::kMaxBusMessageBytes);
  }
  EXPECT_EQ(total, 10'000u);
}

}  // namespace
}  // namespace entitysync::changelog
