#include "bench/lib/zipf.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace entitysync::bench {
namespace {

constexpr int kDraws = 1'000'000;

std::vector<int> Drawn(uint32_t count, double exponent) {
  Zipf zipf(count, exponent, 1);
  std::vector<int> drawn(count);
  for (int i = 0; i < kDraws; ++i) ++drawn.at(zipf.Next());
  return drawn;
}

TEST(ZipfTest, DrawsByTheInverseOfTheRank) {
  const std::vector<int> drawn = Drawn(1'000, 1);
  double weights = 0;
  for (int k = 1; k <= 1'000; ++k) weights += 1.0 / k;
  for (const size_t rank : {1, 2, 3, 10, 100, 1'000}) {
    const double expected = kDraws / weights / static_cast<double>(rank);
    EXPECT_NEAR(drawn[rank - 1], expected, 5 * std::sqrt(expected)) << rank;
  }
}

TEST(ZipfTest, DrawsAllAsOftenWithoutAnExponent) {
  for (const int times : Drawn(100, 0)) EXPECT_NEAR(times, kDraws / 100, 500);
}

TEST(ZipfTest, DrawsTheSameFromOneSeed) {
  Zipf one(50, 1, 7), same(50, 1, 7), other(50, 1, 8);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const uint32_t drawn = one.Next();
    EXPECT_EQ(drawn, same.Next());
    differs = differs || drawn != other.Next();
  }
  EXPECT_TRUE(differs);
}

TEST(ZipfTest, OfOneThereIsOne) { EXPECT_EQ(Zipf(1, 1, 1).Next(), 0u); }

}  // namespace
}  // namespace entitysync::bench
