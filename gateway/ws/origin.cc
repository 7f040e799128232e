#include "gateway/ws/origin.h"

#include <absl/strings/ascii.h>

namespace entitysync::ws {
namespace {

struct Origin {
  std::string_view scheme;
  std::string_view authority;  // Without the scheme's default port.

  friend bool operator==(const Origin&, const Origin&) = default;
};

std::string Lower(std::string_view text) {
  return absl::AsciiStrToLower(absl::string_view(text.data(), text.size()));
}

std::string_view WithoutDefaultPort(std::string_view authority, std::string_view scheme) {
  const std::string_view port = scheme == "http" ? ":80" : scheme == "https" ? ":443" : "";
  if (!port.empty() && authority.ends_with(port)) authority.remove_suffix(port.size());
  return authority;
}

Origin Parse(std::string_view lower) {
  const size_t colon = lower.find("://");
  if (colon == std::string_view::npos) return {lower, ""};  // "null" among them.
  const std::string_view scheme = lower.substr(0, colon);
  std::string_view authority = lower.substr(colon + 3);
  if (authority.ends_with('/')) authority.remove_suffix(1);  // As people write it.
  return {scheme, WithoutDefaultPort(authority, scheme)};
}

}  // namespace

bool IsOriginAllowed(std::string_view origin, std::string_view host,
                     std::span<const std::string> allowed) {
  const std::string lower = Lower(origin);
  const Origin asked = Parse(lower);
  const std::string own = Lower(host);
  if (!own.empty() && WithoutDefaultPort(own, asked.scheme) == asked.authority) return true;
  for (const std::string& entry : allowed) {
    const std::string lower_entry = Lower(entry);
    if (entry == "*" || Parse(lower_entry) == asked) return true;
  }
  return false;
}

}  // namespace entitysync::ws
