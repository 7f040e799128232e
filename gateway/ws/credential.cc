#include "gateway/ws/credential.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/match.h>

namespace entitysync::ws {
namespace {

namespace http = boost::beast::http;

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Cuts the part of `rest` before `separator` off and returns it.
std::string_view NextItem(std::string_view& rest, char separator) {
  const size_t end = rest.find(separator);
  const std::string_view item = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return item;
}

std::string_view Header(const Request& request, http::field name) {
  const auto value = request[name];
  return {value.data(), value.size()};
}

std::string_view FromAuthorization(const Request& request) {
  std::string_view value = Trim(Header(request, http::field::authorization));
  const std::string_view scheme = NextItem(value, ' ');
  if (!absl::EqualsIgnoreCase(absl::string_view(scheme.data(), scheme.size()), "bearer")) return {};
  return Trim(value);
}

std::string_view FromSubprotocol(const Request& request) {
  for (std::string_view item : SubprotocolItems(request)) {
    if (item.starts_with(kBearerItemPrefix)) return item.substr(kBearerItemPrefix.size());
  }
  return {};
}

std::string_view FromCookie(const Request& request, std::string_view name) {
  if (name.empty()) return {};
  const auto cookies = request.equal_range(http::field::cookie);
  for (auto it = cookies.first; it != cookies.second; ++it) {
    std::string_view rest(it->value().data(), it->value().size());
    while (!rest.empty()) {
      std::string_view value = Trim(NextItem(rest, ';'));
      if (NextItem(value, '=') != name) continue;
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
      }
      return value;
    }
  }
  return {};
}

absl::StatusOr<std::string> PercentDecoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || !absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 1])) ||
        !absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 2]))) {
      return absl::InvalidArgumentError(
          "the query parameter token is not percent-encoded correctly; write a percent sign as "
          "%25");
    }
    out += absl::HexStringToBytes(absl::string_view(text.data() + i + 1, 2));
    i += 2;
  }
  return out;
}

absl::StatusOr<std::string> FromQuery(const Request& request) {
  const std::string_view target(request.target().data(), request.target().size());
  const size_t question = target.find('?');
  if (question == std::string_view::npos) return std::string();
  std::string_view rest = target.substr(question + 1);
  while (!rest.empty()) {
    std::string_view value = NextItem(rest, '&');
    if (NextItem(value, '=') == "token") return PercentDecoded(value);
  }
  return std::string();
}

}  // namespace

std::vector<std::string_view> SubprotocolItems(const Request& request) {
  std::vector<std::string_view> items;
  const auto headers = request.equal_range(http::field::sec_websocket_protocol);
  for (auto it = headers.first; it != headers.second; ++it) {
    std::string_view rest(it->value().data(), it->value().size());
    while (!rest.empty()) {
      const std::string_view item = Trim(NextItem(rest, ','));
      if (!item.empty()) items.push_back(item);
    }
  }
  return items;
}

absl::StatusOr<std::string> FindCredential(const Request& request, std::string_view cookie_name) {
  std::string_view secret = FromAuthorization(request);
  if (secret.empty()) secret = FromSubprotocol(request);
  if (!secret.empty()) return std::string(secret);
  absl::StatusOr<std::string> from_query = FromQuery(request);
  if (!from_query.ok() || !from_query->empty()) return from_query;
  return std::string(FromCookie(request, cookie_name));
}

}  // namespace entitysync::ws
