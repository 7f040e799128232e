#include "gateway/hub/kept_states.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/testing/manual_loops.h"

namespace entitysync::hub {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class KeptStatesTest : public ::testing::Test {
 protected:
  static base::KeyPtr Key(const std::string& id) {
    return std::make_shared<const base::EntityKey>(base::EntityKey{"items", id});
  }
  void Put(KeptStates& kept, const std::string& id, const std::string& secret = "s",
           size_t bytes = 10, base::Duration keep = seconds(10)) {
    auto state = std::make_shared<State>();
    state->classic = std::make_shared<const std::string>(bytes, 'x');
    kept.Put(Key(id), std::make_shared<const std::string>(secret), {state, 7}, keep);
  }
  void Put(const std::string& id, const std::string& secret = "s") { Put(kept_, id, secret); }
  bool Has(const std::string& id, const std::string& secret = "s") {
    return kept_.Take(*Key(id), secret).has_value();
  }

  testing::ManualLoops loops_;
  base::Executor& loop_ = loops_.Add();
  prometheus::Registry registry_;
  metrics::HubMetrics metrics_{registry_};
  KeptStates kept_{loop_, 1'000'000, metrics_};
};

TEST_F(KeptStatesTest, GivesBackWhatWasPutOnce) {
  Put("1");
  const auto kept = kept_.Take(*Key("1"), "s");
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->floor, 7u);
  EXPECT_EQ(kept->state->classic->size(), 10u);
  EXPECT_FALSE(Has("1"));
  EXPECT_EQ(metrics_.kept_hits.Value(), 1);
}

TEST_F(KeptStatesTest, CountsTheCompressedFormToo) {
  protocol::Deflater deflater({.level = 1, .min_bytes = 100});
  std::string bytes;
  protocol::AppendMessage(protocol::FrameKind::kText, std::string(1'000, 'x'), bytes);
  const auto put = [&](const std::string& id, bool with_compressed) {
    auto state = std::make_shared<State>();
    state->classic = std::make_shared<const std::string>(bytes);
    if (with_compressed) state->deflated.Of(state->classic, deflater);
    const size_t before = kept_.bytes();
    kept_.Put(Key(id), std::make_shared<const std::string>("s"), {state, 7}, seconds(10));
    return kept_.bytes() - before;
  };
  const size_t plain = put("1", false);
  const size_t both = put("2", true);
  EXPECT_GE(both, plain + deflater.totals().bytes_after);
}

TEST_F(KeptStatesTest, TellsSecretsApart) {
  Put("1", "alice");
  EXPECT_FALSE(Has("1", "bob"));
  EXPECT_TRUE(Has("1", "alice"));
}

TEST_F(KeptStatesTest, AChangeDropsTheKeyInAllScopes) {
  Put("1", "alice");
  Put("1", "bob");
  Put("2", "bob");
  kept_.Drop(*Key("1"));
  EXPECT_FALSE(Has("1", "alice"));
  EXPECT_FALSE(Has("1", "bob"));
  EXPECT_TRUE(Has("2", "bob"));
}

TEST_F(KeptStatesTest, AGapDropsAll) {
  Put("1");
  Put("2");
  kept_.DropAll();
  EXPECT_EQ(kept_.size(), 0u);
  EXPECT_EQ(kept_.bytes(), 0u);
  EXPECT_EQ(metrics_.kept_states.Value(), 0);
  EXPECT_EQ(metrics_.kept_bytes.Value(), 0);
}

TEST_F(KeptStatesTest, EachGoesAfterItsOwnTime) {
  Put(kept_, "long", "s", 10, seconds(60));
  Put(kept_, "short", "s", 10, seconds(1));
  Put(kept_, "none", "s", 10, seconds(0));
  EXPECT_EQ(kept_.size(), 2u);
  loops_.Advance(seconds(2));
  EXPECT_EQ(kept_.size(), 1u);
  EXPECT_TRUE(Has("long"));
}

TEST_F(KeptStatesTest, NothingIsGivenOutLate) {
  Put(kept_, "1", "s", 10, milliseconds(10));
  loops_.Advance(milliseconds(10));
  EXPECT_EQ(kept_.size(), 1u) << "its timer has a coarser tick";
  EXPECT_FALSE(Has("1"));
  EXPECT_EQ(metrics_.kept_hits.Value(), 0);
}

TEST_F(KeptStatesTest, TheOldestGoFirstWhenThereIsNoRoom) {
  Put("0");
  const size_t room = 3 * kept_.bytes();
  KeptStates kept(loop_, room, metrics_);
  for (const char* id : {"1", "2", "3", "4"}) Put(kept, id);
  EXPECT_EQ(kept.bytes(), room);
  EXPECT_FALSE(kept.Take(*Key("1"), "s").has_value());
  EXPECT_TRUE(kept.Take(*Key("2"), "s").has_value());
  EXPECT_TRUE(kept.Take(*Key("4"), "s").has_value());
}

TEST_F(KeptStatesTest, WhatIsLargerThanAllRoomIsNotKept) {
  Put("1");
  Put(kept_, "large", "s", 2'000'000);
  EXPECT_EQ(kept_.size(), 0u) << "the oldest went first, to no avail";
  EXPECT_EQ(kept_.bytes(), 0u);
}

TEST_F(KeptStatesTest, CountsKeysSecretsFramesAndItself) {
  Put("1", std::string(10'000, 's'));
  EXPECT_GT(kept_.bytes(), 10'000u + 10u + sizeof(State));
  EXPECT_EQ(metrics_.kept_bytes.Value(), static_cast<double>(kept_.bytes()));
}

}  // namespace
}  // namespace entitysync::hub
