#pragma once

#include <span>
#include <string>
#include <string_view>

namespace entitysync::ws {

// Whether a page of `origin` may open a websocket here: it is the page's own host (`host` is the
// Host header), or `allowed` names it or "*". Compared without regard to case; the default ports of
// http and https may be written or left out. Behind a TLS-terminating balancer the scheme that the
// browser used is not known here, so the same host counts as the same origin under either scheme.
bool IsOriginAllowed(std::string_view origin, std::string_view host,
                     std::span<const std::string> allowed);

}  // namespace entitysync::ws
