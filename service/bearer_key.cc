#include "service/bearer_key.h"

#include <cstddef>
#include <string_view>

namespace entitysync::service {
namespace {

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

}  // namespace

bool HasBearerKey(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata,
                  const std::vector<std::string>& keys) {
  constexpr std::string_view kScheme = "Bearer ";
  bool found = false;
  const auto [begin, end] = metadata.equal_range("authorization");
  for (auto header = begin; header != end; ++header) {
    std::string_view value(header->second.data(), header->second.size());
    if (!value.starts_with(kScheme)) continue;
    value.remove_prefix(kScheme.size());
    for (const std::string& key : keys) found |= EqualInConstantTime(value, key);
  }
  return found;
}

}  // namespace entitysync::service
