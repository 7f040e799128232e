#include "gateway/fetch_grpc/addresses.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>
#include <arpa/inet.h>

#include <algorithm>
#include <optional>

#include "gateway/base/printable.h"

namespace entitysync::fetch_grpc {
namespace {

constexpr size_t kMaxAddressBytes = 4096;

struct HostPort {
  std::string host;  // Without brackets.
  std::string port;
};

absl::Status Refuse(const std::string& address, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("address \"", base::Printable(address, 200), "\": ", why));
}

// Schemes that gRPC resolves by itself and that need no further set-up.
bool IsGrpcTarget(const std::string& address) {
  for (const char* scheme : {"dns:", "ipv4:", "ipv6:", "unix:", "unix-abstract:"}) {
    if (absl::StartsWith(address, scheme)) return true;
  }
  return false;
}

std::optional<HostPort> Split(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  HostPort parts{address.substr(0, colon), address.substr(colon + 1)};
  if (absl::StartsWith(parts.host, "[") && absl::EndsWith(parts.host, "]")) {
    parts.host = parts.host.substr(1, parts.host.size() - 2);
    return parts;
  }
  if (parts.host.find(':') != std::string::npos) return std::nullopt;
  return parts;
}

bool IsHostName(const std::string& host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
  });
}

absl::StatusOr<std::string> ParseHostPort(const std::string& address) {
  const std::optional<HostPort> parts = Split(address);
  if (!parts) return Refuse(address, "write host:port, or [IPv6 address]:port");
  uint32_t port = 0;
  if (!absl::SimpleAtoi(parts->port, &port) || port == 0 || port > 65535) {
    return Refuse(address, "the port must be a number from 1 to 65535");
  }
  in6_addr binary = {};
  if (inet_pton(AF_INET, parts->host.c_str(), &binary) == 1) {
    return absl::StrCat("ipv4:", parts->host, ":", port);
  }
  if (inet_pton(AF_INET6, parts->host.c_str(), &binary) == 1) {
    return absl::StrCat("ipv6:[", parts->host, "]:", port);
  }
  if (!IsHostName(parts->host)) {
    return Refuse(address, "the host is neither a name nor an IP address");
  }
  return absl::StrCat("dns:///", parts->host, ":", port);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ParseAddresses(const std::vector<std::string>& addresses) {
  if (addresses.empty() || addresses.size() > kMaxAddresses) {
    return absl::InvalidArgumentError(
        absl::StrCat("a target has 1 to ", kMaxAddresses, " addresses, not ", addresses.size()));
  }
  std::vector<std::string> targets;
  for (const std::string& address : addresses) {
    if (address.size() > kMaxAddressBytes) return Refuse(address, "too long");
    if (IsGrpcTarget(address)) {
      if (addresses.size() > 1) {
        return Refuse(address, "a gRPC target stands alone; a list holds only host:port");
      }
      return std::vector<std::string>{address};
    }
    if (address.find("://") != std::string::npos) {
      return Refuse(address, "unknown scheme; use dns:///, ipv4:, ipv6:, unix: or host:port");
    }
    absl::StatusOr<std::string> target = ParseHostPort(address);
    if (!target.ok()) return target.status();
    targets.push_back(*std::move(target));
  }
  return targets;
}

}  // namespace entitysync::fetch_grpc
