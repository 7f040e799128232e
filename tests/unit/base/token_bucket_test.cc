#include "gateway/base/token_bucket.h"

#include <gtest/gtest.h>

namespace entitysync::base {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{std::chrono::hours(1)};

TEST(TokenBucketTest, LetsTheBurstThroughAndThenTheRate) {
  TokenBucket bucket(10, 3, kStart);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.Take(kStart));
  EXPECT_FALSE(bucket.Take(kStart));
  EXPECT_FALSE(bucket.Take(kStart + milliseconds(99)));
  EXPECT_TRUE(bucket.Take(kStart + milliseconds(101)));
  EXPECT_EQ(bucket.Available(kStart + seconds(60)), 3u) << "never more than the burst";
}

TEST(TokenBucketTest, CreditIsPaidBackBeforeAnythingElseGoes) {
  TokenBucket bucket(10, 3, kStart);
  EXPECT_TRUE(bucket.TakeOnCredit(kStart, 3)) << "all of it was there";
  EXPECT_FALSE(bucket.TakeOnCredit(kStart, 20));
  EXPECT_EQ(bucket.Available(kStart + seconds(2)), 0u) << "just paid";
  EXPECT_FALSE(bucket.Take(kStart + seconds(2)));
  EXPECT_TRUE(bucket.Take(kStart + milliseconds(2'101)));
}

TEST(TokenBucketTest, ItIsWorthwhileToLookAgainWhenASliceOfTheRateIsThere) {
  TokenBucket slow(10, 3, kStart);
  EXPECT_FALSE(slow.TakeOnCredit(kStart, 4));
  EXPECT_EQ(slow.UntilWorthwhile(kStart), milliseconds(200)) << "one owed and one to use";
  TokenBucket fast(10'000, 10'000, kStart);
  EXPECT_TRUE(fast.TakeOnCredit(kStart, 10'000));
  EXPECT_EQ(fast.UntilWorthwhile(kStart), milliseconds(10)) << "a hundred at once";
  TokenBucket narrow(10'000, 20, kStart);
  EXPECT_TRUE(narrow.TakeOnCredit(kStart, 20));
  EXPECT_EQ(narrow.UntilWorthwhile(kStart), milliseconds(2)) << "further tokens would be lost";
  EXPECT_EQ(narrow.UntilWorthwhile(kStart + seconds(1)), milliseconds(1)) << "no busy loop";
}

TEST(TokenBucketTest, ARateOfZeroIsNoLimit) {
  TokenBucket bucket(0, 1, kStart);
  EXPECT_TRUE(bucket.Take(kStart, 1'000'000));
  EXPECT_TRUE(bucket.TakeOnCredit(kStart, 1'000'000));
  EXPECT_GT(bucket.Available(kStart), 1'000'000u);
}

}  // namespace
}  // namespace entitysync::base
