#include "bench/lib/row.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <random>

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
constexpr size_t kFillerBytes = 1 << 16;

// Text that compresses about as the words and numbers of an application do: made of 400 words, some
// of them frequent, and of numbers. The same in each process.
std::string MakeFiller() {
  constexpr std::array<std::string_view, 16> kSyllables = {"ta", "re",  "lin", "so",  "mar", "ke",
                                                           "du", "pol", "ni",  "ste", "va",  "gor",
                                                           "bi", "sha", "un",  "fe"};
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same text each time.
  std::array<std::string, 400> words;
  for (std::string& word : words) {
    for (size_t i = 1 + random() % 4; i > 0; --i) word += kSyllables[random() % kSyllables.size()];
  }
  std::string filler;
  while (filler.size() < kFillerBytes) {
    filler += random() % 5 == 0 ? std::to_string(random() % 100'000)
                                : words[random() % (1 + random() % words.size())];
    filler += ' ';
  }
  filler.resize(kFillerBytes);
  return filler;
}

// So much of the filler, from a place that differs from row to row.
void AppendFiller(const Row& row, size_t bytes, std::string& out) {
  static const std::string filler = MakeFiller();
  size_t at = (row.key * 7'919 + row.seq * 104'729) % kFillerBytes;
  while (bytes > 0) {
    const size_t part = std::min(bytes, kFillerBytes - at);
    out.append(filler, at, part);
    bytes -= part;
    at = 0;
  }
}

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
  AppendFiller(row, bytes - out.size() - kEnd.size(), out);
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
