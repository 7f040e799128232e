#pragma once

#include <string>
#include <variant>

#include "gateway/session/connection_handler.h"
#include "gateway/ws/http_answer.h"
#include "gateway/ws/options.h"

namespace entitysync::ws {

// A request that may become a websocket.
struct Upgrade {
  session::Handshake handshake;

  // What to answer in Sec-WebSocket-Protocol; empty: no such header. When a client offers nothing
  // but credential items, its first: browsers give up when they offered something and none of it is
  // selected. So the token goes back to whom it came from, and nowhere else.
  std::string subprotocol;
};

using Decision = std::variant<Upgrade, HttpAnswer>;

// Whether `request` becomes a websocket: path, method, upgrade headers, origin, subprotocol. A pure
// function of its arguments; limits and draining are the listener's business.
Decision DecideUpgrade(const Request& request, const Options& options);

}  // namespace entitysync::ws
