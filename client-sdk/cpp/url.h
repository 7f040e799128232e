#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

namespace entitysync::client {

// Where a gateway is.
struct Url {
  bool tls = false;
  std::string host;  // Without the brackets of an IPv6 address.
  std::string port;
  std::string authority;  // As in the header Host.
  std::string target;     // Path and query.

  bool operator==(const Url&) const = default;
};

// INVALID_ARGUMENT if it is no ws, wss, http or https url. A fragment is dropped.
absl::StatusOr<Url> ParseUrl(std::string_view text);

}  // namespace entitysync::client
