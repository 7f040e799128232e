#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/ws/http_answer.h"

namespace entitysync::ws {

// A subprotocol item that begins so is no protocol but carries a credential: browsers can set no
// other header of the handshake.
inline constexpr std::string_view kBearerItemPrefix = "bearer.";

// The items of all Sec-WebSocket-Protocol headers of `request`, in order. Views into the request.
std::vector<std::string_view> SubprotocolItems(const Request& request);

// The secret that the handshake presents, empty if none. Where several are presented, the first of
// these counts: `Authorization: Bearer`, a subprotocol item `bearer.<token>`, the query parameter
// `token` (percent-decoded; a plus sign stands for itself), the cookie named `cookie_name` (quotes
// around it removed; no name: not looked at). INVALID_ARGUMENT if the query's token is badly
// encoded. The message never holds the secret.
absl::StatusOr<std::string> FindCredential(const Request& request, std::string_view cookie_name);

}  // namespace entitysync::ws
