#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace entitysync::bench {

// Counts durations in buckets whose width is below 1 % of their value, so that what several
// processes counted can be merged exactly; percentiles are never averaged.
//
// Owner: whoever counts, one thread at a time. Costs 43 KiB, and no allocation after construction.
// Limits: 0 to 2^48 ns (78 hours); values beyond count as the nearest of those.
class Histogram {
 public:
  Histogram();

  void Add(int64_t ns);
  void Merge(const Histogram& other);
  void Clear();

  uint64_t count() const { return count_; }
  int64_t max() const { return max_; }

  // The upper bound of the bucket that holds the value which this share of all does not exceed,
  // cut to the greatest value seen; 0 of nothing.
  int64_t Percentile(double share) const;

  // {"unit":"ns", "count", "p50", "p90", "p99", "p999", "max", "buckets":[[upper bound,
  // count]...]}: a bucket's name is the greatest value that it can hold. Empty ones are left out.
  boost::json::object AsJson() const;

  static size_t BucketOf(int64_t ns);
  static int64_t UpperBoundOf(size_t bucket);

 private:
  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  int64_t max_ = 0;
};

}  // namespace entitysync::bench
