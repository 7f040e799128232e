#include "gateway/front/bearer.h"

#include <absl/strings/match.h>

#include <cstdint>

namespace entitysync::front {
namespace {

constexpr std::string_view kScheme = "Bearer ";

}  // namespace

bool EqualInConstantTime(std::string_view presented, std::string_view expected) {
  if (expected.empty()) return presented.empty();
  // volatile keeps the compiler from leaving the loop at the first difference.
  volatile uint8_t difference = presented.size() == expected.size() ? 0 : 1;
  for (size_t i = 0; i < presented.size(); ++i) {
    difference = static_cast<uint8_t>(difference | (presented[i] ^ expected[i % expected.size()]));
  }
  return difference == 0;
}

absl::Status CheckBearer(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata,
                         const std::string& key) {
  if (key.empty()) return absl::OkStatus();
  const auto [first, last] = metadata.equal_range("authorization");
  if (first == last) {
    return absl::UnauthenticatedError(
        "the bearer key is missing: send the metadata `authorization: Bearer <key>`");
  }
  const std::string_view value(first->second.data(), first->second.size());
  const bool is_bearer =
      value.size() > kScheme.size() &&
      absl::EqualsIgnoreCase({value.data(), kScheme.size()}, {kScheme.data(), kScheme.size()});
  if (std::next(first) != last || !is_bearer ||
      !EqualInConstantTime(value.substr(kScheme.size()), key)) {
    return absl::UnauthenticatedError(
        "the bearer key is wrong: send the one from the gateway's configuration as "
        "`authorization: Bearer <key>`");
  }
  return absl::OkStatus();
}

}  // namespace entitysync::front
