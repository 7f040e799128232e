#include "gateway/ws/http_answer.h"

#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

namespace entitysync::ws {
namespace {

namespace http = boost::beast::http;

TEST(HttpAnswerTest, TheBodyIsOneLineOfJsonAndTheConnectionCloses) {
  const Response response = Render({http::status::not_found, "no websocket here"});
  EXPECT_EQ(response.body(), "{\"error\":\"no websocket here\"}\n");
  EXPECT_EQ(response[http::field::content_type], "application/json");
  EXPECT_FALSE(response.keep_alive());
}

TEST(HttpAnswerTest, RetryAfterIsInWholeSecondsRoundedUp) {
  const Response full = Render(Unavailable("full", std::chrono::milliseconds(1500)));
  EXPECT_EQ(full.result_int(), 503u);
  EXPECT_EQ(full[http::field::retry_after], "2");
  const Response many = Render(TooManyRequests("many", std::chrono::milliseconds(1500)));
  EXPECT_EQ(many.result_int(), 429u);
  EXPECT_EQ(many[http::field::retry_after], "2");
}

TEST(HttpAnswerTest, UnreadableRequestsAreToldWhatIsWrong) {
  EXPECT_EQ(AnswerToUnreadable(http::error::header_limit)->status,
            http::status::request_header_fields_too_large);
  EXPECT_EQ(AnswerToUnreadable(http::error::buffer_overflow)->status,
            http::status::request_header_fields_too_large);
  EXPECT_EQ(AnswerToUnreadable(http::error::bad_method)->status, http::status::bad_request);
}

TEST(HttpAnswerTest, WhoIsGoneIsToldNothing) {
  EXPECT_FALSE(AnswerToUnreadable(http::error::end_of_stream));
  EXPECT_FALSE(AnswerToUnreadable(boost::asio::error::connection_reset));
}

}  // namespace
}  // namespace entitysync::ws
