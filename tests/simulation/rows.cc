#include "tests/simulation/rows.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <cassert>

#include "gateway/protocol/inflater.h"

namespace entitysync::simulation {
namespace {

uint64_t Number(absl::string_view text) {
  uint64_t number = 0;
  const bool read = absl::SimpleAtoi(text, &number);
  assert(read);
  static_cast<void>(read);
  return number;
}

// Says that a message is compressed (RFC 7692 section 6).
constexpr uint8_t kRsv1 = 0x40;

std::string Inflate(std::string_view payload) {
  protocol::Inflater inflater(1024);
  const bool fine = inflater.Inflate(payload) == protocol::Inflater::Result::kOk;
  assert(fine);
  static_cast<void>(fine);
  return std::string(inflater.message());
}

}  // namespace

std::string WriteRow(const Row& row, size_t padding) {
  std::string text =
      absl::StrCat(row.key, "|", row.secret, "|", row.serial, "|", row.index, "|", row.count);
  if (padding > 0) text += "|" + std::string(padding, '-');
  return text;
}

Row ReadRow(std::string_view text) {
  const std::vector<absl::string_view> fields =
      absl::StrSplit(absl::string_view(text.data(), text.size()), '|');
  assert(fields.size() == 5 || fields.size() == 6);
  return {.key = Number(fields[0]),
          .secret = std::string(fields[1]),
          .serial = Number(fields[2]),
          .index = Number(fields[3]),
          .count = Number(fields[4])};
}

std::vector<std::string> MessagesOf(std::string_view frame) {
  std::vector<std::string> messages;
  while (!frame.empty()) {
    // Rows are short: the length is in the second byte (RFC 6455 section 5.2).
    const auto length = static_cast<uint8_t>(frame[1]);
    assert(length < 126 && frame.size() >= 2u + length);
    const bool is_deflated = (static_cast<uint8_t>(frame[0]) & kRsv1) != 0;
    messages.push_back(is_deflated ? Inflate(frame.substr(2, length))
                                   : std::string(frame.substr(2, length)));
    frame.remove_prefix(2 + length);
  }
  return messages;
}

}  // namespace entitysync::simulation
