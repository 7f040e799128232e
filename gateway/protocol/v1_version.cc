#include "gateway/protocol/v1_version.h"

#include <absl/strings/str_format.h>

#include <charconv>

namespace entitysync::protocol {
namespace {

constexpr size_t kHalfDigits = 16;

// A number that fills `text`, in the only way in which WriteVersion writes it.
std::optional<uint64_t> ReadNumber(std::string_view text, int base) {
  uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || at != end) return std::nullopt;
  return value;
}

}  // namespace

std::string WriteVersion(const StateVersion& version) {
  const std::string number = version.number ? std::to_string(*version.number) : "";
  return absl::StrFormat("%s.%016x%016x", number, version.hash.high, version.hash.low);
}

std::optional<StateVersion> ReadVersion(std::string_view text) {
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos || text.size() != dot + 1 + 2 * kHalfDigits) {
    return std::nullopt;
  }
  StateVersion version;
  if (dot > 0 && !(version.number = ReadNumber(text.substr(0, dot), 10))) return std::nullopt;
  const auto high = ReadNumber(text.substr(dot + 1, kHalfDigits), 16);
  const auto low = ReadNumber(text.substr(dot + 1 + kHalfDigits), 16);
  if (!high || !low) return std::nullopt;
  version.hash = {.high = *high, .low = *low};
  // Leading zeros, signs and upper-case digits are nobody's.
  return WriteVersion(version) == text ? std::optional(version) : std::nullopt;
}

}  // namespace entitysync::protocol
