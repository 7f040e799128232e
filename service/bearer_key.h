#pragma once

#include <grpcpp/support/string_ref.h>

#include <map>
#include <string>
#include <vector>

namespace entitysync::service {

// Whether the metadata of a call carries `authorization: Bearer <one of keys>`. Takes the same time
// wherever a wrong key differs.
bool HasBearerKey(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata,
                  const std::vector<std::string>& keys);

}  // namespace entitysync::service
