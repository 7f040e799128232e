// What a shard does when changes may have been missed.

#include <algorithm>

#include "tests/unit/hub/hub_fixture.h"

namespace entitysync::hub {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

HubOptions Jittered(uint64_t seed = 1) {
  HubOptions options;
  options.audit_period = base::Duration(0);
  options.seed = seed;
  return options;
}

class GapTest : public HubTest {
 protected:
  explicit GapTest(HubOptions options = Jittered()) : HubTest(options) {}
};

TEST_F(GapTest, SuspectAtOnceRevalidatedALittleLater) {
  Watch(1, "1", "", true);
  Answer("a");
  Watch(2, "2", "", true);
  Answer("b");
  Gap();
  EXPECT_EQ(source_.open(), 0u);
  Watch(3, "1", "", true);
  ASSERT_EQ(source_.open(), 1u) << "who comes now is not served from memory";
  Answer("missed");
  EXPECT_EQ(Got(3), Rows{"missed"});
  loops_.Advance(options_.revalidate_jitter);
  ASSERT_EQ(source_.open(), 1u) << "what was answered since the gap is not asked again";
  EXPECT_EQ(source_.request().key.id, "2");
  EXPECT_EQ(source_.request().reason, fetch::FetchReason::kRevalidate);
}

TEST_F(GapTest, WhoChangesItsSecretBeforeTheRevalidationMissesNothing) {
  Watch(1, "1", "old");
  Change("1");
  Answer("a");
  Gap();
  SwitchSecret(1, 2, "old", "new");
  ASSERT_EQ(source_.open(), 1u);
  EXPECT_EQ(source_.request().secret, "new");
  Answer("missed");
  EXPECT_EQ(Got(2), Rows{"missed"});
}

// After how long a replica with this seed begins to revalidate when it notices so many gaps.
milliseconds BeginsAfter(uint64_t seed, int gaps) {
  struct Replica final : GapTest {
    explicit Replica(uint64_t of) : GapTest(Jittered(of)) {}
    void TestBody() override {}
    milliseconds Run(int count) {
      Watch(1);
      for (int i = 0; i < count; ++i) Gap();
      milliseconds after(0);
      for (; source_.open() == 0; ++after) loops_.Advance(milliseconds(1));
      return after;
    }
  };
  return Replica(seed).Run(gaps);
}

TEST_F(GapTest, FurtherGapsJoinTheOneThatWaits) {
  Watch(1);
  for (int i = 0; i < 10; ++i) Gap();
  loops_.Advance(seconds(1));
  ASSERT_EQ(source_.started(), 1u);
  Answer("a");
  loops_.Advance(seconds(1));
  EXPECT_EQ(source_.started(), 1u);
  EXPECT_EQ(BeginsAfter(3, 10), BeginsAfter(3, 1)) << "and do not make it earlier";
}

TEST_F(GapTest, ReplicasThatNoticedTheSameLossBeginAtDifferentMoments) {
  std::vector<milliseconds> moments;
  for (uint64_t seed = 0; seed < 20; ++seed) moments.push_back(BeginsAfter(seed, 1));
  const auto [first, last] = std::minmax_element(moments.begin(), moments.end());
  EXPECT_LE(*last, milliseconds(251));
  EXPECT_GT(*last - *first, milliseconds(100));
  EXPECT_EQ(BeginsAfter(7, 1), moments[7]) << "the seed decides, and nothing else";
}

TEST_F(GapTest, WhoComesAfterTheGapMissedNothing) {
  Gap();
  Watch(1);
  loops_.Advance(seconds(1));
  EXPECT_EQ(source_.started(), 0u);
}

TEST_F(GapTest, WhatWasAnsweredWhileTheBusWasAwayIsSuspectWhenItIsBack) {
  hub_->OnBusLive(false);
  Watch(1, "1", "", true);
  Answer("a");
  hub_->OnBusLive(true);
  Watch(2, "1", "", true);
  EXPECT_EQ(source_.open(), 1u) << "also before the revalidation begins";
}

TEST_F(GapTest, NobodyIsRevalidatedWhileTheBusIsAway) {
  Watch(1);
  Gap();
  hub_->OnBusLive(false);
  Gap();
  loops_.Advance(options_.revalidate_jitter);
  EXPECT_EQ(source_.started(), 0u) << "it would have to be done again";
  hub_->OnBusLive(true);
  loops_.Advance(options_.revalidate_jitter);
  EXPECT_EQ(source_.started(), 1u);
}

class UnjitteredGapTest : public HubTest {};

TEST_F(UnjitteredGapTest, ManyGapsInARowAreFewRevalidations) {
  Watch(1);
  for (int i = 0; i < 100; ++i) {
    Gap();
    if (source_.open() > 0) Answer("a");
    loops_.Advance(milliseconds(1));
  }
  EXPECT_LE(source_.started(), 2u);
  Gap();
  loops_.Advance(Shard::kGapInterval);
  EXPECT_EQ(source_.open(), 1u) << "the last one is never forgotten";
}

TEST_F(UnjitteredGapTest, TheHottestPairsAreRevalidatedFirst) {
  const std::vector<std::pair<std::string, uint64_t>> watchers{
      {"one", 1}, {"three", 3}, {"two", 2}};
  uint64_t serial = 0;
  for (const auto& [secret, count] : watchers) {
    for (uint64_t i = 0; i < count; ++i) Watch(++serial, "1", secret);
  }
  Gap();
  ASSERT_EQ(source_.open(), 3u);
  EXPECT_EQ(source_.request(0).secret, "three");
  EXPECT_EQ(source_.request(1).secret, "two");
  EXPECT_EQ(source_.request(2).secret, "one");
}

TEST_F(UnjitteredGapTest, EquallyHotOnesInTheOrderOfTheirKeys) {
  for (uint64_t i = 0; i < 10; ++i) Watch(i, std::to_string((i * 7) % 10));
  Gap();
  ASSERT_EQ(source_.open(), 10u);
  std::vector<std::string> by_shard[2];
  for (size_t i = 0; i < 10; ++i) {
    const base::EntityKey& key = source_.request(i).key;
    by_shard[base::StableHash(key) % 2].push_back(key.id);
  }
  for (const auto& keys : by_shard) {
    EXPECT_FALSE(keys.empty());
    EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  }
}

TEST_F(UnjitteredGapTest, TravelsInBatchesWithinTheLimit) {
  for (uint64_t i = 0; i < 100; ++i) Watch(i, "1", std::to_string(i));
  Gap();
  EXPECT_EQ(source_.batches(), std::vector<size_t>{8})
      << "half of 16: the other shard's is the rest";
  for (int i = 0; i < 8; ++i) source_.AnswerRows({"a"});
  loops_.RunReady();
  EXPECT_EQ(source_.batches(), (std::vector<size_t>{8, 9})) << "and one more, for it went well";
}

// Questions that go out one by one.
class SingleGapTest : public HubTest {
 protected:
  SingleGapTest() : HubTest(Single()) {}
  static HubOptions Single() {
    HubOptions options = Plain();
    options.revalidations.max_items = 1;
    return options;
  }
};

TEST_F(SingleGapTest, OneSlowAnswerHoldsOnePlace) {
  for (uint64_t i = 0; i < 100; ++i) Watch(i, "1", std::to_string(i));
  Gap();
  source_.AnswerRows({"a"});
  loops_.RunReady();
  EXPECT_EQ(source_.open(), 8u);
  EXPECT_EQ(metrics_.hub.fetches_in_flight.Value(), 8);
}

// An application that answers in 1 ms and bears what it is asked. The bound is that of the issue;
// the time is simulated.
TEST_F(GapTest, TenThousandPairsAreRevalidatedWithinFiveSeconds) {
  for (uint64_t i = 0; i < 10'000; ++i) {
    hub_->Subscribe({.subscriber = Ref(i), .key = Key(std::to_string(i))}, Secret(""));
  }
  loops_.RunReady();
  const base::TimePoint began = loops_.Now();
  Gap();
  while (source_.started() < 10'000 || source_.open() > 0) {
    ASSERT_LE(source_.open(), options_.revalidations_in_flight);
    ASSERT_LT(loops_.Now() - began, seconds(5));
    loops_.Advance(milliseconds(1));
    for (size_t left = source_.open(); left > 0; --left) source_.AnswerRows({"a"});
    loops_.RunReady();
  }
  const auto took = std::chrono::duration_cast<milliseconds>(loops_.Now() - began);
  RecordProperty("milliseconds", static_cast<int>(took.count()));
  EXPECT_EQ(source_.started(), 10'000u);
}

}  // namespace
}  // namespace entitysync::hub
