#include "tests/simulation/rows.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cassert>

#include "gateway/protocol/frame.h"
#include "gateway/protocol/inflater.h"

namespace entitysync::simulation {
namespace {

namespace json = boost::json;

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
  protocol::Inflater inflater(16 * 1024);
  const bool fine = inflater.Inflate(payload) == protocol::Inflater::Result::kOk;
  assert(fine);
  static_cast<void>(fine);
  return std::string(inflater.message());
}

Row ReadJsonRow(std::string_view text) {
  const json::object row = json::parse({text.data(), text.size()}).as_object();
  const auto number = [&row](const char* name) { return row.at(name).to_number<uint64_t>(); };
  return {.key = number("key"),
          .secret = std::string(row.at("secret").as_string()),
          .serial = number("serial"),
          .index = number("index"),
          .count = number("count")};
}

}  // namespace

std::string WriteRow(const Row& row, size_t padding) {
  std::string text =
      absl::StrCat(row.key, "|", row.secret, "|", row.serial, "|", row.index, "|", row.count);
  if (padding > 0) text += "|" + std::string(padding, '-');
  return text;
}

std::string WriteJsonRow(const Row& row, size_t padding) {
  std::string text =
      absl::StrCat(R"({"key":)", row.key, R"(,"secret":")", row.secret, R"(","serial":)",
                   row.serial, R"(,"index":)", row.index, R"(,"count":)", row.count);
  if (padding > 0) absl::StrAppend(&text, R"(,"note":")", std::string(padding, '-'), "\"");
  // An array that grows and shrinks, and a member that comes and goes.
  absl::StrAppend(&text, R"(,"list":[)");
  for (uint64_t i = 0; i < row.serial % 4; ++i) absl::StrAppend(&text, i == 0 ? "" : ",", i);
  absl::StrAppend(&text, row.serial % 2 == 0 ? "]}" : R"(],"odd":true})");
  return text;
}

Row ReadRow(std::string_view text) {
  if (text.front() == '{') return ReadJsonRow(text);
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
    const protocol::MessageView message = protocol::TakeMessage(frame);
    const bool is_deflated = (static_cast<uint8_t>(message.bytes[0]) & kRsv1) != 0;
    messages.push_back(is_deflated ? Inflate(message.payload) : std::string(message.payload));
  }
  return messages;
}

}  // namespace entitysync::simulation
