#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace entitysync::base {

// An ordered list of opaque byte strings: one state of one entity for one viewer.
using Rows = std::vector<std::string>;

// 128 bits that stand for the content of a state, the same on every replica: XXH3-128 with seed 0
// over, per row, its length as 8 bytes little-endian and its bytes. Two states are the same for a
// client exactly if their hashes are.
struct ContentHash {
  uint64_t high = 0;
  uint64_t low = 0;

  friend bool operator==(const ContentHash&, const ContentHash&) = default;
};

ContentHash HashRows(const Rows& rows);

}  // namespace entitysync::base
