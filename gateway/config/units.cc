#include "gateway/config/units.h"

#include <absl/status/status.h>
#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>

namespace entitysync::config {
namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};

// Largest first, as Format picks the first that divides.
constexpr std::array<Unit, 4> kDurationUnits{
    {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 4> kByteUnits{
    {{"GiB", int64_t{1} << 30}, {"MiB", int64_t{1} << 20}, {"KiB", int64_t{1} << 10}, {"B", 1}}};

std::optional<int64_t> ParseDigits(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || text[0] == '-' || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

// The number before the unit times the unit's factor; absent if malformed or too large.
std::optional<int64_t> ParseWithUnit(std::string_view text, std::span<const Unit> units) {
  const size_t digits = text.find_first_not_of("0123456789");
  if (digits == std::string_view::npos) return std::nullopt;
  const std::optional<int64_t> number = ParseDigits(text.substr(0, digits));
  for (const Unit& unit : units) {
    if (text.substr(digits) != unit.name || !number.has_value()) continue;
    if (*number > std::numeric_limits<int64_t>::max() / unit.factor) return std::nullopt;
    return *number * unit.factor;
  }
  return std::nullopt;
}

std::string FormatWithUnit(int64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (value % unit.factor != 0) continue;
    return std::to_string(value / unit.factor) + std::string(unit.name);
  }
  return std::to_string(value);
}

// Splits "host:port" and "[v6]:port"; absent if there is no such shape or the port is no number.
std::optional<std::pair<std::string, uint16_t>> SplitHostPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::optional<int64_t> port = ParseDigits(text.substr(colon + 1));
  if (!port.has_value() || *port > 65'535) return std::nullopt;
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (host.empty()) return std::nullopt;
  return std::pair(std::string(host), static_cast<uint16_t>(*port));
}

bool IsAddressLiteral(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

}  // namespace

absl::StatusOr<Duration> ParseDuration(std::string_view text) {
  if (text == "0") return Duration(0);
  const std::optional<int64_t> value = ParseWithUnit(text, kDurationUnits);
  if (value.has_value()) return Duration(*value);
  return absl::InvalidArgumentError(
      "not a duration; write a whole number and ms, s, m or h, as in 250ms or 5m");
}

std::string FormatDuration(Duration duration) {
  if (duration.count() == 0) return "0s";
  return FormatWithUnit(duration.count(), kDurationUnits);
}

absl::StatusOr<size_t> ParseBytes(std::string_view text) {
  std::optional<int64_t> value = ParseDigits(text);
  if (!value.has_value()) value = ParseWithUnit(text, kByteUnits);
  if (value.has_value()) return static_cast<size_t>(*value);
  return absl::InvalidArgumentError(
      "not a size; write bytes as a whole number, or with KiB, MiB or GiB, as in 64KiB");
}

std::string FormatBytes(size_t bytes) {
  if (bytes == 0) return "0B";
  return FormatWithUnit(static_cast<int64_t>(bytes), kByteUnits);
}

absl::StatusOr<size_t> ParseCount(std::string_view text) {
  const std::optional<int64_t> value = ParseDigits(text);
  if (value.has_value()) return static_cast<size_t>(*value);
  return absl::InvalidArgumentError("not a number; write digits only, as in 10000");
}

absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text) {
  auto parts = SplitHostPort(text);
  if (parts.has_value() && parts->first == "localhost") parts->first = "127.0.0.1";
  if (parts.has_value() && IsAddressLiteral(parts->first)) {
    return ListenAddress{parts->first, parts->second};
  }
  return absl::InvalidArgumentError(
      "not an address to listen on; write an IP address and a port, as in 127.0.0.1:8081, "
      "[::1]:8081, or 0.0.0.0:8081 for all interfaces");
}

bool IsLoopback(std::string_view host) { return host == "::1" || host.starts_with("127."); }

bool IsHostPort(std::string_view text) {
  const auto parts = SplitHostPort(text);
  if (!parts.has_value() || parts->second == 0) return false;
  return parts->first.find_first_of(" \t/,@") == std::string::npos;
}

}  // namespace entitysync::config
