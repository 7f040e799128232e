#include "client-sdk/cpp/url.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cstdint>

#include "client-sdk/cpp/absl_text.h"

namespace entitysync::client {
namespace {

absl::Status Unusable(std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("the url of the gateway ", Absl(why),
                                                 "; it looks like wss://host/ws/entity-sync/"));
}

bool IsPort(std::string_view text) {
  uint32_t port = 0;
  return std::all_of(text.begin(), text.end(), absl::ascii_isdigit) &&
         absl::SimpleAtoi(Absl(text), &port) && port > 0 && port < 65'536;
}

}  // namespace

absl::StatusOr<Url> ParseUrl(std::string_view text) {
  const size_t colon = text.find("://");
  const std::string scheme = absl::AsciiStrToLower(Absl(text.substr(0, colon)));
  Url url;
  url.tls = scheme == "wss" || scheme == "https";
  if (colon == std::string_view::npos || (!url.tls && scheme != "ws" && scheme != "http")) {
    return Unusable("does not begin with ws:// or wss://");
  }
  text = text.substr(colon + 3, text.find('#') - colon - 3);
  const bool printable = std::all_of(text.begin(), text.end(), absl::ascii_isgraph);
  if (!printable) return Unusable("has characters that have to be written as %XX");
  const size_t path = std::min(text.find_first_of("/?"), text.size());
  const std::string_view authority = text.substr(0, path);
  if (authority.find('@') != std::string_view::npos) return Unusable("has a user name");
  url.authority = std::string(authority);
  url.target = std::string(text.substr(path));
  if (!url.target.starts_with('/')) url.target.insert(0, "/");

  const size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return Unusable("has an address without its ]");
  const size_t port = std::min(authority.find(':', bracket), authority.size());
  url.host =
      std::string(bracket == 0 ? authority.substr(0, port) : authority.substr(1, bracket - 1));
  if (url.host.empty()) return Unusable("names no host");
  if (bracket != 0 && port != bracket + 1) return Unusable("has something between ] and the port");
  url.port = url.tls ? "443" : "80";
  if (port < authority.size()) url.port = std::string(authority.substr(port + 1));
  if (!IsPort(url.port)) return Unusable("has a port that is none");
  return url;
}

}  // namespace entitysync::client
