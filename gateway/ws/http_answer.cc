#include "gateway/ws/http_answer.h"

#include <boost/beast/http/error.hpp>
#include <chrono>

namespace entitysync::ws {

namespace http = boost::beast::http;

namespace {

HttpAnswer TryLater(http::status status, std::string error, base::Duration retry_after) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(retry_after).count();
  return {status, std::move(error),
          std::make_pair(http::field::retry_after, std::to_string(seconds))};
}

}  // namespace

HttpAnswer Unavailable(std::string error, base::Duration retry_after) {
  return TryLater(http::status::service_unavailable, std::move(error), retry_after);
}

HttpAnswer TooManyRequests(std::string error, base::Duration retry_after) {
  return TryLater(http::status::too_many_requests, std::move(error), retry_after);
}

std::optional<HttpAnswer> AnswerToUnreadable(const boost::system::error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return HttpAnswer{http::status::request_header_fields_too_large,
                      "the request head is too large; send fewer or shorter headers"};
  }
  if (error == http::error::body_limit || error == http::error::unexpected_body) {
    return HttpAnswer{http::status::payload_too_large, "a websocket handshake has no body"};
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message) {
    return std::nullopt;
  }
  if (error.category() == make_error_code(http::error::bad_method).category()) {
    return HttpAnswer{http::status::bad_request, "this is not an HTTP/1.1 request"};
  }
  return std::nullopt;
}

Response Render(const HttpAnswer& answer) {
  Response response(answer.status, 11);
  response.set(http::field::server, "entity-sync");
  response.set(http::field::content_type, "application/json");
  response.set(http::field::cache_control, "no-store");
  if (answer.header) response.set(answer.header->first, answer.header->second);
  response.keep_alive(false);
  // Our own texts: nothing in them needs escaping.
  response.body() = "{\"error\":\"" + answer.error + "\"}\n";
  response.prepare_payload();
  return response;
}

}  // namespace entitysync::ws
