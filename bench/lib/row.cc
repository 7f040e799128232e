#include "bench/lib/row.h"

#include <cassert>
#include <charconv>
#include <cstring>

namespace entitysync::bench {
namespace {

constexpr std::string_view kBegin =
    R"({"key":          ,"seq":            ,"at":                   )";
constexpr std::string_view kPad = R"(,"pad":")";
constexpr std::string_view kEnd = R"("})";
constexpr size_t kKeyAt = 7;
constexpr size_t kKeyWidth = 10;
constexpr size_t kSeqAt = kKeyAt + kKeyWidth + 7;
constexpr size_t kSeqWidth = 12;
constexpr size_t kTimeAt = kSeqAt + kSeqWidth + 6;
constexpr size_t kTimeWidth = 19;
static_assert(kTimeAt + kTimeWidth == kBegin.size());
static_assert(kMinRowBytes >= kBegin.size() + kPad.size() + kEnd.size());

// Flush right in its place, over spaces.
void Put(uint64_t value, char* end) {
  do {
    *--end = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value > 0);
}

uint64_t Get(const char* at, size_t width) {
  uint64_t value = 0;
  for (const char* const end = at + width; at < end; ++at) {
    if (*at != ' ') value = value * 10 + static_cast<uint64_t>(*at - '0');
  }
  return value;
}

}  // namespace

void WriteRow(const Row& row, size_t bytes, std::string& out) {
  assert(bytes >= kMinRowBytes);
  out.assign(kBegin);
  out.append(kPad);
  out.resize(bytes - kEnd.size(), 'x');
  out.append(kEnd);
  Put(row.key, out.data() + kKeyAt + kKeyWidth);
  Put(row.seq, out.data() + kSeqAt + kSeqWidth);
  Put(static_cast<uint64_t>(row.at_ns), out.data() + kTimeAt + kTimeWidth);
}

std::optional<Row> ReadRow(std::string_view text) {
  if (text.size() < kMinRowBytes || std::memcmp(text.data(), kBegin.data(), kKeyAt) != 0) {
    return std::nullopt;
  }
  const char* const at = text.data();
  return Row{static_cast<uint32_t>(Get(at + kKeyAt, kKeyWidth)), Get(at + kSeqAt, kSeqWidth),
             static_cast<int64_t>(Get(at + kTimeAt, kTimeWidth))};
}

}  // namespace entitysync::bench
