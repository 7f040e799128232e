#include "tests/simulation/rows.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <cassert>

namespace entitysync::simulation {
namespace {

uint64_t Number(absl::string_view text) {
  uint64_t number = 0;
  const bool read = absl::SimpleAtoi(text, &number);
  assert(read);
  static_cast<void>(read);
  return number;
}

}  // namespace

std::string WriteRow(const Row& row) {
  return absl::StrCat(row.key, "|", row.secret, "|", row.serial, "|", row.index, "|", row.count);
}

Row ReadRow(std::string_view text) {
  const std::vector<absl::string_view> fields =
      absl::StrSplit(absl::string_view(text.data(), text.size()), '|');
  assert(fields.size() == 5);
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
    messages.emplace_back(frame.substr(2, length));
    frame.remove_prefix(2 + length);
  }
  return messages;
}

}  // namespace entitysync::simulation
