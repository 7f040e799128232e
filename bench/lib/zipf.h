#pragma once

#include <cstdint>
#include <vector>

#include "gateway/base/random.h"

namespace entitysync::bench {

// Draws numbers below `count` of which number k comes with a weight of 1 / (k + 1)^exponent; of an
// exponent of 0 all come equally often. Constant time per draw (Walker's alias method), 8 bytes per
// number. The same seed draws the same. Owned by one thread.
class Zipf {
 public:
  // `count` 1 or more.
  Zipf(uint32_t count, double exponent, uint64_t seed);

  uint32_t Next();

 private:
  // Column i is drawn as likely as any other, and stands for i with a probability of `own`, else
  // for `other`.
  struct Column {
    float own = 1;
    uint32_t other = 0;
  };

  std::vector<Column> columns_;
  base::Random random_;
};

}  // namespace entitysync::bench
