#include "bench/lib/histogram.h"

#include <algorithm>
#include <bit>
#include <boost/json/array.hpp>
#include <cmath>

namespace entitysync::bench {
namespace {

// Each doubling of the value is divided into 2^7 buckets: a width of at most 1/128 of the value.
constexpr int kBits = 7;
constexpr uint64_t kPerOctave = uint64_t{1} << kBits;
constexpr int64_t kMost = (int64_t{1} << 48) - 1;

}  // namespace

Histogram::Histogram() : counts_(BucketOf(kMost) + 1) {}

size_t Histogram::BucketOf(int64_t ns) {
  const auto value = static_cast<uint64_t>(std::clamp<int64_t>(ns, 0, kMost));
  if (value < 2 * kPerOctave) return value;
  const int shift = std::bit_width(value) - 1 - kBits;
  return (static_cast<size_t>(shift) << kBits) + (value >> shift);
}

int64_t Histogram::UpperBoundOf(size_t bucket) {
  if (bucket < 2 * kPerOctave) return static_cast<int64_t>(bucket);
  const size_t shift = (bucket >> kBits) - 1;
  const uint64_t leading = (bucket & (kPerOctave - 1)) + kPerOctave;
  return static_cast<int64_t>(((leading + 1) << shift) - 1);
}

void Histogram::Add(int64_t ns) {
  ++counts_[BucketOf(ns)];
  ++count_;
  max_ = std::max(max_, ns);
}

void Histogram::Merge(const Histogram& other) {
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

void Histogram::Clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
  count_ = 0;
  max_ = 0;
}

int64_t Histogram::Percentile(double share) const {
  if (count_ == 0) return 0;
  const auto rank = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_)));
  uint64_t below = 0;
  for (size_t i = 0; i < counts_.size(); ++i) {
    below += counts_[i];
    if (below >= std::max<uint64_t>(rank, 1)) return std::min(UpperBoundOf(i), max_);
  }
  return max_;
}

boost::json::object Histogram::AsJson() const {
  boost::json::array buckets;
  for (size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] != 0) buckets.push_back(boost::json::array{UpperBoundOf(i), counts_[i]});
  }
  return {{"unit", "ns"},
          {"count", count_},
          {"p50", Percentile(0.5)},
          {"p90", Percentile(0.9)},
          {"p99", Percentile(0.99)},
          {"p999", Percentile(0.999)},
          {"max", max_},
          {"buckets", std::move(buckets)}};
}

}  // namespace entitysync::bench
