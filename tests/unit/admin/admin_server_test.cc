#include "gateway/admin/admin_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "tests/testing/eventually.h"

namespace entitysync::admin {
namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using ::testing::HasSubstr;

using Response = http::response<http::string_body>;

// A client on a real socket.
class Client {
 public:
  explicit Client(uint16_t port) {
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), port});
  }

  void Write(const std::string& bytes) {
    boost::system::error_code error;  // The server may close while we write.
    boost::asio::write(socket_, boost::asio::buffer(bytes), error);
  }

  // The next answer, or one with status 0 if the connection ended instead.
  Response Read(bool head = false) {
    http::response_parser<http::string_body> parser;
    parser.skip(head);
    boost::system::error_code error;
    http::read(socket_, buffer_, parser, error);
    if (!error) return parser.release();
    Response none;
    none.result(0);
    return none;
  }

  Response Ask(const std::string& line) {
    Write(line + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return Read(line.starts_with("HEAD"));
  }

  bool IsClosed() {
    char byte;
    boost::system::error_code error;
    boost::asio::read(socket_, boost::asio::buffer(&byte, 1), error);
    return error == boost::asio::error::eof || error == boost::asio::error::connection_reset;
  }

 private:
  boost::asio::io_context context_;
  tcp::socket socket_{context_};
  boost::beast::flat_buffer buffer_;
};

class AdminServerTest : public ::testing::Test {
 protected:
  std::unique_ptr<AdminServer> Started(AdminOptions options = {}) {
    auto server = std::make_unique<AdminServer>(
        std::move(options), std::make_shared<prometheus::Registry>(),
        [this] {
          return ready_ ? std::vector<std::string>{}
                        : std::vector<std::string>{"the bus is not connected"};
        },
        base::NullLogger());
    EXPECT_TRUE(server->Start().ok());
    return server;
  }

  std::atomic<bool> ready_ = true;
};

TEST_F(AdminServerTest, AnswersOnAPortOfTheSystemsChoice) {
  const auto server = Started();
  ASSERT_NE(server->port(), 0);
  const Response response = Client(server->port()).Ask("GET /healthz");
  EXPECT_EQ(response.result_int(), 200u);
  EXPECT_EQ(response.body(), "{\"alive\":true}\n");
}

TEST_F(AdminServerTest, ReadinessFollowsTheReasons) {
  const auto server = Started();
  Client client(server->port());
  EXPECT_EQ(client.Ask("GET /readyz").result_int(), 200u);
  ready_ = false;
  const Response response = client.Ask("GET /readyz");
  EXPECT_EQ(response.result_int(), 503u);
  EXPECT_THAT(response.body(), HasSubstr("the bus is not connected"));
  EXPECT_EQ(client.Ask("GET /healthz").result_int(), 200u);
}

TEST_F(AdminServerTest, HeadIsGetWithoutTheBody) {
  const auto server = Started();
  Client client(server->port());
  const Response response = client.Ask("HEAD /healthz");
  EXPECT_EQ(response.result_int(), 200u);
  EXPECT_EQ(response[http::field::content_length], "15");
  EXPECT_EQ(response.body(), "");
  EXPECT_EQ(client.Ask("GET /healthz").body().size(), 15u);
}

TEST_F(AdminServerTest, OtherMethodsAndPathsAreRefusedAndTheConnectionLives) {
  const auto server = Started();
  Client client(server->port());
  const Response refused = client.Ask("DELETE /metrics");
  EXPECT_EQ(refused.result_int(), 405u);
  EXPECT_EQ(refused[http::field::allow], "GET, HEAD");
  EXPECT_EQ(client.Ask("GET /secret").result_int(), 404u);
  EXPECT_EQ(client.Ask("GET /metrics").result_int(), 200u);
}

TEST_F(AdminServerTest, ClosesWhenAskedTo) {
  const auto server = Started();
  Client client(server->port());
  client.Write("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.Read().result_int(), 200u);
  EXPECT_TRUE(client.IsClosed());
}

TEST_F(AdminServerTest, NonsenseIsAnsweredAndClosed) {
  const auto server = Started();
  Client nonsense(server->port());
  nonsense.Write("\x16\x03\x01 nonsense\r\n\r\n");
  EXPECT_EQ(nonsense.Read().result_int(), 400u);
  EXPECT_TRUE(nonsense.IsClosed());

  Client large(server->port());
  large.Write("GET /healthz HTTP/1.1\r\nX: " + std::string(9'000, 'x') + "\r\n\r\n");
  EXPECT_EQ(large.Read().result_int(), 431u);

  Client body(server->port());
  body.Write("POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
  EXPECT_EQ(body.Read().result_int(), 413u);
  EXPECT_EQ(Client(server->port()).Ask("GET /healthz").result_int(), 200u);
}

TEST_F(AdminServerTest, ASlowRequestIsCutAtTheDeadline) {
  AdminOptions options;
  options.request_timeout = std::chrono::milliseconds(50);
  const auto server = Started(options);
  Client client(server->port());
  client.Write("GET /healthz HT");
  EXPECT_TRUE(client.IsClosed());
}

TEST_F(AdminServerTest, ConnectionsAreLimitedAndComeBack) {
  AdminOptions options;
  options.max_connections = 1;
  const auto server = Started(options);
  {
    Client first(server->port());
    EXPECT_EQ(first.Ask("GET /healthz").result_int(), 200u);
    EXPECT_TRUE(Client(server->port()).IsClosed());
    first.Write("GET /healthz HTTP/1.0\r\n\r\n");
    EXPECT_EQ(first.Read().result_int(), 200u);
    EXPECT_TRUE(first.IsClosed());
  }
  // The first one's place may be freed a moment after its end was seen.
  EXPECT_TRUE(testing::Eventually(
      [&] { return Client(server->port()).Ask("GET /healthz").result_int() == 200; }));
}

TEST_F(AdminServerTest, SaysWhyItCannotListen) {
  const auto server = Started();
  AdminOptions options;
  options.port = server->port();
  AdminServer second(
      options, std::make_shared<prometheus::Registry>(), [] { return std::vector<std::string>{}; },
      base::NullLogger());
  const absl::Status status = second.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("choose another"));

  options.host = "localhost";
  AdminServer named(
      options, std::make_shared<prometheus::Registry>(), [] { return std::vector<std::string>{}; },
      base::NullLogger());
  EXPECT_EQ(named.Start().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(AdminServerTest, StopsWithOpenConnections) {
  const auto server = Started();
  Client client(server->port());
  EXPECT_EQ(client.Ask("GET /healthz").result_int(), 200u);
  server->Stop();
  server->Stop();
}

}  // namespace
}  // namespace entitysync::admin
