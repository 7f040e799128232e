#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace entitysync::ws {

// One element of a Sec-WebSocket-Extensions header: an extension and its parameters, in order. The
// names and values are as sent, quotes and escapes taken away.
struct Extension {
  std::string name;
  std::vector<std::pair<std::string, std::optional<std::string>>> parameters;
};

// Reads the value of a Sec-WebSocket-Extensions header (RFC 6455 section 9.1), with several headers
// joined by commas. nullopt: it is not well-formed.
std::optional<std::vector<Extension>> ParseExtensions(std::string_view header);

// What permessage-deflate (RFC 7692) is answered with: that neither side's messages refer to
// earlier ones. The first offer that allows it is taken; nullopt: none does. An offer is left aside
// as the RFC says if it has a parameter that is unknown, twice there or of a wrong value, or if it
// wants a window smaller than what is compressed here needs.
std::optional<std::string> AnswerDeflateOffers(const std::vector<Extension>& offers);

}  // namespace entitysync::ws
