#include "gateway/ws/handshake.h"

#include <absl/strings/ascii.h>

#include <algorithm>
#include <array>
#include <boost/beast/http/rfc7230.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/protocol/v1.h"
#include "gateway/ws/credential.h"
#include "gateway/ws/extensions.h"
#include "gateway/ws/origin.h"

namespace entitysync::ws {
namespace {

namespace http = boost::beast::http;

// A subprotocol spoken here. The classic dialect is the absence of one.
struct Spoken {
  std::string_view name;
  protocol::V1Form form;
};
constexpr std::array kSpoken = {Spoken{protocol::kV1Json, protocol::V1Form::kJson},
                                Spoken{protocol::kV1Proto, protocol::V1Form::kProto}};

constexpr size_t kWebsocketKeyChars = 24;  // Base64 of 16 bytes.

std::string_view WithoutLastSlash(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

bool IsOurPath(const Request& request, const Options& options) {
  const std::string_view target(request.target().data(), request.target().size());
  return WithoutLastSlash(target.substr(0, target.find('?'))) == WithoutLastSlash(options.path);
}

bool HasToken(const Request& request, http::field field, std::string_view token) {
  const auto headers = request.equal_range(field);
  return std::any_of(headers.first, headers.second, [&](const auto& header) {
    return http::token_list(header.value()).exists({token.data(), token.size()});
  });
}

bool IsWebsocketKey(std::string_view key) {
  const auto is_base64 = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '/';
  };
  return key.size() == kWebsocketKeyChars && key.ends_with("==") &&
         std::all_of(key.begin(), key.end() - 2, is_base64);
}

HttpAnswer BadRequest(std::string error) { return {http::status::bad_request, std::move(error)}; }

std::optional<HttpAnswer> CheckUpgradeHeaders(const Request& request) {
  if (request.method() != http::verb::get) {
    return HttpAnswer{http::status::method_not_allowed, "open a websocket here, with GET",
                      std::make_pair(http::field::allow, "GET")};
  }
  if (request.count(http::field::host) != 1) {
    return BadRequest("an HTTP/1.1 request has one Host header");
  }
  if (request.count(http::field::content_length) + request.count(http::field::transfer_encoding) >
          0 &&
      request[http::field::content_length] != "0") {
    return HttpAnswer{http::status::payload_too_large, "a websocket handshake has no body"};
  }
  if (request.version() < 11 || !HasToken(request, http::field::connection, "upgrade") ||
      !HasToken(request, http::field::upgrade, "websocket")) {
    return BadRequest(
        "this address speaks websocket only; send Connection: Upgrade and Upgrade: "
        "websocket");
  }
  if (request[http::field::sec_websocket_version] != "13") {
    HttpAnswer answer = BadRequest("this server speaks websocket version 13 only");
    answer.header.emplace(http::field::sec_websocket_version, "13");
    return answer;
  }
  const auto key = request[http::field::sec_websocket_key];
  if (request.count(http::field::sec_websocket_key) != 1 ||
      !IsWebsocketKey({key.data(), key.size()})) {
    return BadRequest("Sec-WebSocket-Key must be the base64 form of 16 bytes");
  }
  return std::nullopt;
}

bool IsOriginFine(const Request& request, const Options& options) {
  const size_t origins = request.count(http::field::origin);
  if (origins == 0) return true;  // Not a browser: whoever it is could write any origin.
  const auto origin = request[http::field::origin];
  const auto host = request[http::field::host];
  return origins == 1 && IsOriginAllowed({origin.data(), origin.size()}, {host.data(), host.size()},
                                         options.allowed_origins);
}

std::string SpokenList() {
  std::string list;
  for (const Spoken& spoken : kSpoken) list.append(spoken.name).append(", ");
  return list + "or none for the classic dialect";
}

struct Choice {
  std::string subprotocol;  // To be selected; empty: none.
  std::optional<protocol::V1Form> v1;
};

// The first that the client names and that is spoken here; nullopt if it wants only others.
std::optional<Choice> ChooseSubprotocol(const std::vector<std::string_view>& items) {
  std::string_view credential;
  bool asks_for_protocol = false;
  for (std::string_view item : items) {
    if (!item.starts_with(kBearerItemPrefix)) {
      asks_for_protocol = true;
      for (const Spoken& spoken : kSpoken) {
        if (spoken.name == item) return Choice{std::string(item), spoken.form};
      }
    } else if (credential.empty()) {
      credential = item;
    }
  }
  if (asks_for_protocol) return std::nullopt;
  return Choice{std::string(credential), std::nullopt};
}

// All headers of a name as one, as RFC 7230 section 3.2.2 reads them.
std::string Joined(const Request& request, http::field field) {
  std::string joined;
  const auto headers = request.equal_range(field);
  for (auto header = headers.first; header != headers.second; ++header) {
    if (!joined.empty()) joined += ',';
    joined.append(header->value().data(), header->value().size());
  }
  return joined;
}

}  // namespace

Decision DecideUpgrade(const Request& request, const Options& options) {
  if (!IsOurPath(request, options)) {
    return HttpAnswer{http::status::not_found, "no websocket is served at this path"};
  }
  if (auto answer = CheckUpgradeHeaders(request)) return *std::move(answer);
  if (!IsOriginFine(request, options)) {
    return HttpAnswer{http::status::forbidden,
                      "pages of this origin may not connect; add it to allowed_origins"};
  }
  std::optional<Choice> choice = ChooseSubprotocol(SubprotocolItems(request));
  if (!choice) {
    return BadRequest("none of the subprotocols offered is spoken here; spoken: " + SpokenList());
  }
  absl::StatusOr<std::string> secret = FindCredential(request, options.credential_cookie);
  if (!secret.ok()) return BadRequest(std::string(secret.status().message()));
  Upgrade upgrade{{*std::move(secret)}, std::move(choice->subprotocol), ""};
  upgrade.handshake.v1 = choice->v1;
  if (!options.compression) return upgrade;
  const auto extensions = ParseExtensions(Joined(request, http::field::sec_websocket_extensions));
  if (!extensions) return BadRequest("Sec-WebSocket-Extensions is malformed");
  upgrade.extensions = AnswerDeflateOffers(*extensions).value_or("");
  upgrade.handshake.takes_deflated = !upgrade.extensions.empty();
  return upgrade;
}

void MakePlain(Request& request) {
  request.set(http::field::connection, "Upgrade");
  request.set(http::field::upgrade, "websocket");
}

void AddUpgradeFields(std::string_view subprotocol, std::string_view extensions,
                      http::fields& response) {
  response.set(http::field::server, "entity-sync");
  const auto set_unless_empty = [&response](http::field field, std::string_view value) {
    if (!value.empty()) response.set(field, {value.data(), value.size()});
  };
  set_unless_empty(http::field::sec_websocket_protocol, subprotocol);
  set_unless_empty(http::field::sec_websocket_extensions, extensions);
}

}  // namespace entitysync::ws
