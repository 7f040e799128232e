#pragma once

#include <absl/status/status.h>
#include <grpcpp/support/string_ref.h>

#include <map>
#include <string>
#include <string_view>

namespace entitysync::front {

// Whether two secrets are equal, in a time that depends on the length of `presented` only.
bool EqualInConstantTime(std::string_view presented, std::string_view expected);

// OK if the metadata of a call carries `authorization: Bearer <key>` exactly once, or if `key` is
// empty; else UNAUTHENTICATED. The message holds nothing of either key.
absl::Status CheckBearer(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata,
                         const std::string& key);

}  // namespace entitysync::front
