#include "bench/lib/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <cmath>
#include <vector>

#include "gateway/base/random.h"

namespace entitysync::bench {
namespace {

// Values of all magnitudes, as often each.
std::vector<int64_t> Values(size_t count, uint64_t seed) {
  base::Random random(seed);
  std::vector<int64_t> values;
  for (size_t i = 0; i < count; ++i) {
    values.push_back(static_cast<int64_t>(random.Next() >> (17 + random.Below(47))));
  }
  return values;
}

TEST(HistogramTest, ABucketHoldsWhatIsPutIntoItAndIsNarrow) {
  for (const int64_t value : Values(100'000, 1)) {
    const size_t bucket = Histogram::BucketOf(value);
    const int64_t upper = Histogram::UpperBoundOf(bucket);
    const int64_t lower = bucket == 0 ? 0 : Histogram::UpperBoundOf(bucket - 1) + 1;
    ASSERT_LE(lower, value);
    ASSERT_GE(upper, value);
    ASSERT_LE(static_cast<double>(upper - value), 0.01 * static_cast<double>(value)) << value;
  }
}

TEST(HistogramTest, BucketsFollowEachOtherWithoutGapOrOverlap) {
  const size_t last = Histogram::BucketOf(INT64_MAX);
  for (size_t bucket = 0; bucket < last; ++bucket) {
    const int64_t upper = Histogram::UpperBoundOf(bucket);
    ASSERT_EQ(Histogram::BucketOf(upper), bucket);
    ASSERT_EQ(Histogram::BucketOf(upper + 1), bucket + 1);
  }
}

TEST(HistogramTest, PercentilesAreThoseOfTheSortedValues) {
  std::vector<int64_t> values = Values(10'001, 2);
  Histogram histogram;
  for (const int64_t value : values) histogram.Add(value);
  std::sort(values.begin(), values.end());
  for (const double share : {0.001, 0.5, 0.9, 0.99, 0.999}) {
    const auto rank =
        static_cast<size_t>(std::ceil(share * static_cast<double>(values.size()))) - 1;
    const auto exact = static_cast<double>(values[rank]);
    EXPECT_GE(static_cast<double>(histogram.Percentile(share)), exact);
    EXPECT_LE(static_cast<double>(histogram.Percentile(share)), exact * 1.01) << share;
  }
  EXPECT_EQ(histogram.max(), values.back());
  EXPECT_EQ(histogram.Percentile(1), values.back());
}

TEST(HistogramTest, MergedIsAsIfAllHadBeenCountedInOne) {
  Histogram all, one, other;
  for (const int64_t value : Values(1'000, 3)) {
    all.Add(value);
    one.Add(value);
  }
  for (const int64_t value : Values(500, 4)) {
    all.Add(value);
    other.Add(value);
  }
  all.Add(all.max() + 1);
  other.Add(all.max());
  one.Merge(other);
  EXPECT_EQ(one.AsJson(), all.AsJson());
}

TEST(HistogramTest, ItsJsonNamesBucketsByTheirUpperBounds) {
  Histogram histogram;
  histogram.Add(5);
  histogram.Add(5);
  histogram.Add(1'000'000);
  const boost::json::object json = histogram.AsJson();
  EXPECT_EQ(json.at("count"), 3u);
  EXPECT_EQ(json.at("p50"), 5);
  EXPECT_EQ(json.at("max"), 1'000'000);
  const int64_t upper = Histogram::UpperBoundOf(Histogram::BucketOf(1'000'000));
  EXPECT_EQ(json.at("buckets"),
            (boost::json::array{boost::json::array{5, 2}, boost::json::array{upper, 1}}));
}

TEST(HistogramTest, OfNothingEverythingIsZeroAndOddValuesAreKeptInRange) {
  Histogram histogram;
  EXPECT_EQ(histogram.Percentile(0.5), 0);
  histogram.Add(-7);  // Clocks of two processes, perhaps.
  histogram.Add(INT64_MAX);
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_EQ(histogram.Percentile(0.5), 0);
  histogram.Clear();
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.max(), 0);
}

}  // namespace
}  // namespace entitysync::bench
