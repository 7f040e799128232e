#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string>
#include <utility>

#include "gateway/base/time.h"

namespace entitysync::ws {

using Request = boost::beast::http::request<boost::beast::http::empty_body>;
using Response = boost::beast::http::response<boost::beast::http::string_body>;

// What a request that becomes no websocket is told.
struct HttpAnswer {
  boost::beast::http::status status;
  std::string error;  // Says what to do. Never holds anything from the request.
  std::optional<std::pair<boost::beast::http::field, std::string>> header = std::nullopt;
};

// 503 with Retry-After: too many connections, or this replica is leaving.
HttpAnswer Unavailable(std::string error, base::Duration retry_after);

// 429 with Retry-After: this client has too many connections.
HttpAnswer TooManyRequests(std::string error, base::Duration retry_after);

// What to tell a client whose request could not be read; nullopt: nothing, it is gone.
std::optional<HttpAnswer> AnswerToUnreadable(const boost::system::error_code& error);

// The answer on the wire: a one-line JSON body {"error":"..."}, after which the connection closes.
Response Render(const HttpAnswer& answer);

}  // namespace entitysync::ws
