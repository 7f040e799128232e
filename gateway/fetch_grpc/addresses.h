#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

namespace entitysync::fetch_grpc {

inline constexpr size_t kMaxAddresses = 64;

// The gRPC targets behind configured addresses, one channel each: a single gRPC target is taken as
// it is; each "host:port" becomes dns:///, ipv4: or ipv6:. INVALID_ARGUMENT names the address that
// cannot be used and says why.
absl::StatusOr<std::vector<std::string>> ParseAddresses(const std::vector<std::string>& addresses);

}  // namespace entitysync::fetch_grpc
