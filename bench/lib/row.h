#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entitysync::bench {

// The state of a key as clients get it: JSON text of a chosen size in which the numbers stand at
// fixed places, so that reading them costs next to nothing.
//   {"key":         7,"seq":           3,"at":  12345678901234,"pad":"marke 4711 tasolin ..."}
// What fills it up compresses about as well as what applications write.
struct Row {
  uint32_t key = 0;
  uint64_t seq = 0;
  int64_t at_ns = 0;
};

inline constexpr size_t kMinRowBytes = 80;
inline constexpr size_t kMaxRowBytes = 1 << 20;

// Writes a row of exactly `bytes` bytes (kMinRowBytes or more) over `out`.
void WriteRow(const Row& row, size_t bytes, std::string& out);

// Nothing if the text does not begin like a row.
std::optional<Row> ReadRow(std::string_view text);

}  // namespace entitysync::bench
