// What a coalescer makes of waiting for others that travel with it.

#include "tests/unit/fetch/coalescer_fixture.h"

namespace entitysync::fetch {
namespace {

using std::chrono::milliseconds;

constexpr BatchOptions kWindow{.max_items = 3, .window = milliseconds(2)};

// One that is asked, so that others gather, and one that gathers.
class CoalescerBatchTest : public CoalescerTest {
 protected:
  CoalescerBatchTest() {
    ON_LOOP(busy_->OnChange(std::nullopt));
    EXPECT_EQ(source_.started(), 1u);
  }
  ~CoalescerBatchTest() override { ON_LOOP(busy_.reset(); pair_.reset()); }

  TargetAccess wide_ = WideTarget(kWindow);
  std::shared_ptr<Coalescer> busy_ = Make(wide_);
  std::shared_ptr<Coalescer> pair_ = Make(wide_);
};

TEST_F(CoalescerBatchTest, AChangeWhileItGathersNeedsNoFetchOfItsOwn) {
  ON_LOOP(pair_->OnChange(std::nullopt));
  EXPECT_TRUE(pair_->IsDirty());
  loops_.Advance(milliseconds(1));
  ON_LOOP(pair_->OnChange(7));
  ASSERT_EQ(source_.started(), 1u) << "gathers";
  loops_.Advance(milliseconds(1));
  ASSERT_EQ(source_.started(), 2u);
  EXPECT_EQ(source_.request(1).min_version, 7u);
  source_.AnswerRows({"mine"}, 7, 1);
  loops_.RunReady();
  EXPECT_EQ(source_.started(), 2u) << "it was asked after both changes";
  EXPECT_TRUE(pair_->IsSettled());
}

TEST_F(CoalescerBatchTest, WhoGathersHasAPlace) {
  ON_LOOP(pair_->OnChange(std::nullopt));
  EXPECT_EQ(wide_.gate.in_flight(), 2u);
  ON_LOOP(pair_.reset());
  EXPECT_EQ(wide_.gate.in_flight(), 1u);
  loops_.Advance(milliseconds(2));
  EXPECT_EQ(source_.started(), 1u) << "nobody wants it any more";
}

TEST_F(CoalescerBatchTest, AGapWhileItGathersIsCoveredToo) {
  ON_LOOP(pair_->OnChange(std::nullopt));
  ++context_.gap_epoch;
  ON_LOOP(pair_->Revalidate());
  loops_.Advance(milliseconds(2));
  source_.AnswerRows({"mine"}, std::nullopt, 1);
  loops_.RunReady();
  EXPECT_EQ(source_.started(), 2u);
  EXPECT_TRUE(pair_->IsSettled());
}

TEST_F(CoalescerBatchTest, ATypeThatIsToTravelAloneDoes) {
  type_.batch = false;
  std::shared_ptr<Coalescer> other = Make(wide_);
  ON_LOOP(pair_->OnChange(std::nullopt); other->OnChange(std::nullopt));
  EXPECT_EQ(source_.started(), 3u) << "at once";
  EXPECT_TRUE(source_.batches().empty());
  ON_LOOP(other.reset());
}

TEST_F(CoalescerBatchTest, WhatIsNotAnsweredInOneCallIsStillTheSameFetch) {
  std::shared_ptr<Coalescer> other = Make(wide_);
  ON_LOOP(pair_->OnChange(7); other->Need());
  loops_.Advance(milliseconds(2));
  ASSERT_EQ(source_.batches(), std::vector<size_t>{2});
  source_.AnswerRows({"busy"});
  ON_LOOP(source_.Decline());
  ASSERT_EQ(source_.open(), 2u);
  EXPECT_EQ(source_.request(0).min_version, 7u);
  EXPECT_EQ(source_.request(1).reason, FetchReason::kSnapshot);
  EXPECT_EQ(metrics_.fetches_change.Value() + metrics_.fetches_snapshot.Value(), 3);
  EXPECT_EQ(wide_.gate.in_flight(), 2u);
  Answer("seven", 7);
  Answer("other");
  EXPECT_TRUE(pair_->IsSettled());
  EXPECT_TRUE(other->IsSettled());
  ON_LOOP(other.reset());
}

}  // namespace
}  // namespace entitysync::fetch
