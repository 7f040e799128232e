#include <poll.h>

#include <string>

#include "tests/unit/ws/socket_fixture.h"

namespace entitysync::ws {
namespace {

class HttpTest : public SocketTest {
 protected:
  // The status line's number in `answer`.
  static std::string Status(const std::string& answer) {
    return answer.starts_with("HTTP/1.1 ") ? answer.substr(9, 3) : "<none: " + answer + ">";
  }

  // Whether the server said something, or went, within `milliseconds`.
  static bool HasAnswer(tcp::socket& socket, int milliseconds) {
    pollfd events{.fd = socket.native_handle(), .events = POLLIN, .revents = 0};
    return ::poll(&events, 1, milliseconds) > 0;
  }
};

TEST_F(HttpTest, AnswersInHttpWithOneLineOfJson) {
  StartServer();
  const std::string answer = Exchange("GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(Status(answer), "404");
  EXPECT_NE(answer.find("Content-Type: application/json\r\n"), std::string::npos);
  const std::string body = answer.substr(answer.find("\r\n\r\n") + 4);
  EXPECT_TRUE(body.starts_with("{\"error\":\"")) << body;
  EXPECT_EQ(body.find('\n'), body.size() - 1);
  EXPECT_EQ(sessions_.opened(), 0u);
  EXPECT_EQ(metrics_.handshakes_failed.Value(), 1);
}

TEST_F(HttpTest, EveryRefusalHasItsStatus) {
  StartServer();
  EXPECT_EQ(Status(Exchange("GET /ws/entity-sync/ HTTP/1.1\r\nHost: x\r\n\r\n")), "400");
  EXPECT_EQ(Status(Exchange("POST /ws/entity-sync/ HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")),
            "405");
  EXPECT_EQ(Status(Exchange(UpgradeText("Origin: https://evil.example\r\n"))), "403");
  EXPECT_EQ(Status(Exchange(UpgradeText("Sec-WebSocket-Protocol: mqtt\r\n"))), "400");
  EXPECT_EQ(Status(Exchange(UpgradeText("Content-Length: 3\r\n") + "abc")), "413");
  EXPECT_EQ(Status(Exchange(UpgradeText("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n")), "413");
  EXPECT_EQ(Status(Exchange("\x16\x03\x01 this is TLS, not HTTP\r\n\r\n")), "400");
  EXPECT_EQ(Status(Exchange(UpgradeText("X: " + std::string(20'000, 'x') + "\r\n"))), "431");
  EXPECT_EQ(Status(Exchange("GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n")), "431");
  EXPECT_EQ(sessions_.opened(), 0u);
  WaitForConnections(0);
}

TEST_F(HttpTest, ASlowHandshakeIsTimedOut) {
  Options options = TestOptions();
  options.handshake_timeout = std::chrono::milliseconds(50);
  StartServer(options);
  EXPECT_EQ(Status(Exchange("GET /ws/entity-sync/ HTTP/1.1\r\nHo")), "408");
  EXPECT_EQ(Status(Exchange("")), "408");
}

TEST_F(HttpTest, ADrippingHandshakeIsTimedOutToo) {
  Options options = TestOptions();
  options.handshake_timeout = std::chrono::milliseconds(50);
  StartServer(options);
  tcp::socket socket = Connect();
  const std::string head = "GET /ws/entity-sync/ HTTP/1.1\r\nX: " + std::string(1'000, 'x');
  size_t sent = 0;
  // A byte each time the server had two milliseconds to answer and did not.
  while (!HasAnswer(socket, 2) && sent < head.size()) {
    boost::asio::write(socket, boost::asio::buffer(head.data() + sent++, 1));
  }
  EXPECT_LT(sent, head.size()) << "bytes keep the handshake alive";
  EXPECT_EQ(Status(ReadAll(socket)), "408");
}

TEST_F(HttpTest, ADeadlineThatMeetsAReadJustDoneIsNotMissed) {
  Options options = TestOptions();
  options.handshake_timeout = std::chrono::seconds(3);  // The loop is to be busy before it ends.
  StartServer(options);
  tcp::socket socket = Connect();
  WaitForConnections(1);
  // While the loop is busy the deadline passes, and more comes than one read takes: the second read
  // is done at once and can no longer be cancelled when the deadline runs.
  std::promise<void> go;
  loops_.front()->Post([&go] { go.get_future().wait(); });
  const std::string part = "GET /ws/entity-sync/ HTTP/1.1\r\nX: " + std::string(1'500, 'x');
  boost::asio::write(socket, boost::asio::buffer(part));
  EXPECT_FALSE(HasAnswer(socket, 3'500));
  go.set_value();
  ASSERT_TRUE(HasAnswer(socket, 10'000)) << "the handshake slipped past its deadline";
  EXPECT_EQ(Status(ReadAll(socket)), "408");
}

TEST_F(HttpTest, AClientThatDoesNotTakeItsRefusalIsCutOff) {
  Options options = TestOptions();
  options.close_timeout = std::chrono::milliseconds(50);
  StartServer(options);
  tcp::socket socket = Connect();
  boost::asio::write(socket, boost::asio::buffer(std::string("GET / HTTP/1.1\r\n\r\n")));
  EXPECT_EQ(Status(ReadAll(socket)), "404");  // Up to the half close.
  // It stays and stays; the server ends it.
  ErrorCode error;
  while (!error) boost::asio::write(socket, boost::asio::buffer("more", 4), error);
  SUCCEED();
}

TEST_F(HttpTest, ABareTcpCheckIsNoFailedHandshake) {
  StartServer();
  { tcp::socket socket = Connect(); }
  EXPECT_EQ(Status(Exchange("GET / HTTP/1.1\r\n\r\n")), "404");
  EXPECT_EQ(metrics_.handshakes_failed.Value(), 1) << "only the second";
}

TEST_F(HttpTest, TheCredentialItemIsSelectedAndNothingIsWithoutOne) {
  StartServer();
  tcp::socket socket = Connect();
  boost::asio::write(socket,
                     boost::asio::buffer(UpgradeText("Sec-WebSocket-Protocol: bearer.abc\r\n")));
  std::string head;
  boost::asio::read_until(socket, boost::asio::dynamic_buffer(head), "\r\n\r\n");
  EXPECT_NE(head.find("Sec-WebSocket-Protocol: bearer.abc\r\n"), std::string::npos) << head;
  tcp::socket plain = Connect();
  boost::asio::write(
      plain, boost::asio::buffer(UpgradeText("Sec-WebSocket-Extensions: permessage-deflate\r\n")));
  head.clear();
  boost::asio::read_until(plain, boost::asio::dynamic_buffer(head), "\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
  EXPECT_EQ(head.find("Sec-WebSocket-Protocol"), std::string::npos);
  EXPECT_EQ(head.find("Sec-WebSocket-Extensions"), std::string::npos);
}

}  // namespace
}  // namespace entitysync::ws
