#include "bench/lib/zipf.h"

#include <cmath>
#include <numeric>

namespace entitysync::bench {

Zipf::Zipf(uint32_t count, double exponent, uint64_t seed) : columns_(count), random_(seed) {
  std::vector<double> weights(count);
  for (uint32_t k = 0; k < count; ++k) weights[k] = std::pow(k + 1.0, -exponent);
  const double mean = std::accumulate(weights.begin(), weights.end(), 0.0) / count;
  std::vector<uint32_t> small, large;
  for (uint32_t k = 0; k < count; ++k) {
    weights[k] /= mean;
    (weights[k] < 1 ? small : large).push_back(k);
  }
  // Each column that is not full is filled up by one that is more than full.
  while (!small.empty() && !large.empty()) {
    const uint32_t low = small.back();
    const uint32_t high = large.back();
    small.pop_back();
    columns_[low] = {static_cast<float>(weights[low]), high};
    weights[high] -= 1 - weights[low];
    if (weights[high] < 1) {
      large.pop_back();
      small.push_back(high);
    }
  }
}

uint32_t Zipf::Next() {
  const auto number = static_cast<uint32_t>(random_.Below(columns_.size()));
  const Column& column = columns_[number];
  const double chance = static_cast<double>(random_.Next() >> 11) * 0x1p-53;
  return chance < column.own ? number : column.other;
}

}  // namespace entitysync::bench
