#pragma once

#include <boost/beast/http/fields.hpp>
#include <string>
#include <string_view>
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

  // What to answer in Sec-WebSocket-Extensions; empty: no such header.
  std::string extensions;
};

using Decision = std::variant<Upgrade, HttpAnswer>;

// Whether `request` becomes a websocket: path, method, upgrade headers, origin, subprotocol, and
// with Options::compression, extensions. A pure function of its arguments; limits and draining are
// the listener's business.
Decision DecideUpgrade(const Request& request, const Options& options);

// Rewrites the headers of an accepted request for Beast, which looks at the first of a name only: a
// request may have several, the word that counts in any of them.
void MakePlain(Request& request);

// What is ours in the head of the 101 answer; the rest is Beast's.
void AddUpgradeFields(std::string_view subprotocol, std::string_view extensions,
                      boost::beast::http::fields& response);

}  // namespace entitysync::ws
