#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace entitysync::bench {

// The opening handshake of RFC 6455, as far as measurements need it.

// What a server answers in Sec-WebSocket-Accept to this Sec-WebSocket-Key.
std::string AcceptFor(std::string_view key);

// The value of a header of an HTTP head, its name given in lower case; nothing if there is none.
std::optional<std::string_view> HeaderOf(std::string_view head, std::string_view name);

}  // namespace entitysync::bench
