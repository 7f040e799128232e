#include "gateway/ws/tls.h"

#include <poll.h>

#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <fstream>
#include <string>

#include "tests/unit/ws/key_and_certificate.h"
#include "tests/unit/ws/socket_fixture.h"

namespace entitysync::ws {
namespace {

namespace ssl = boost::asio::ssl;
using TlsClient = boost::beast::websocket::stream<ssl::stream<tcp::socket>>;

class TlsTest : public SocketTest {
 protected:
  void SetUp() override {
    WriteKeyAndCertificate(tls_.key_file, tls_.cert_file);
    client_context_.set_verify_mode(ssl::verify_none);
  }

  Options TlsServerOptions() {
    Options options = TestOptions();
    options.tls = tls_;
    return options;
  }

  TlsClient OpenTls() {
    TlsClient client(Connect(), client_context_);
    client.next_layer().handshake(ssl::stream_base::client);
    client.handshake("localhost", "/ws/entity-sync/");
    return client;
  }

  static std::string Read(TlsClient& client) {
    boost::beast::flat_buffer buffer;
    client.read(buffer);
    return boost::beast::buffers_to_string(buffer.data());
  }

  // Whether there is something to read, the end included, within `milliseconds`.
  static bool HasInput(tcp::socket& socket, int milliseconds) {
    pollfd events{.fd = socket.native_handle(), .events = POLLIN, .revents = 0};
    return ::poll(&events, 1, milliseconds) > 0;
  }
  boost::asio::mutable_buffer Scratch() { return boost::asio::buffer(scratch_); }

  char scratch_[4096];
  const std::string folder_ = ::testing::TempDir() + "/ws_tls_" + std::to_string(getpid()) + "_";
  TlsOptions tls_{folder_ + "cert.pem", folder_ + "key.pem"};
  ssl::context client_context_{ssl::context::tls_client};
};

TEST_F(TlsTest, MessagesGoBothWays) {
  sessions_.on_message = [](session::Transport& transport, std::string_view payload) {
    transport.Send(TextFrame("you said " + std::string(payload)));
  };
  StartServer(TlsServerOptions());
  TlsClient client = OpenTls();
  client.ping("p");
  client.write(boost::asio::buffer(std::string("hello")));
  EXPECT_EQ(Read(client), "you said hello");
}

TEST_F(TlsTest, ManyFramesAndLongOnesArriveInOrder) {
  StartServer(TlsServerOptions());
  TlsClient client = OpenTls();
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  client.read_message_max(0);
  OnLoop([this] {
    for (int i = 0; i < 500; ++i) sessions_.transport(0).Send(TextFrame(std::to_string(i)));
    sessions_.transport(0).Send(TextFrame(std::string(3 << 20, 'x')));
    sessions_.transport(0).Ping();
    sessions_.transport(0).Send(TextFrame("last"));
    sessions_.transport(0).WantWritable();
  });
  for (int i = 0; i < 500; ++i) EXPECT_EQ(Read(client), std::to_string(i));
  EXPECT_EQ(Read(client), std::string(3 << 20, 'x'));
  EXPECT_EQ(Read(client), "last");
  // The server learns a little later than the client that its last record went out.
  size_t unsent = 1;
  while (unsent > 0) OnLoop([&] { unsent = sessions_.transport(0).UnsentBytes(); });
  EXPECT_EQ(sessions_.Seen(0).writable, 1);
}

TEST_F(TlsTest, CloseInTheMiddleOfAWriteCutsNoFrame) {
  StartServer(TlsServerOptions());
  TlsClient client = OpenTls();
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  client.read_message_max(0);
  OnLoop([this] { sessions_.transport(0).Send(TextFrame(std::string(8 << 20, 'x'))); });
  OnLoop([this] {
    sessions_.transport(0).Send(TextFrame("not begun"));
    sessions_.transport(0).Close(protocol::CloseCode::kRestart, "restart");
  });
  EXPECT_EQ(Read(client), std::string(8 << 20, 'x'));
  boost::beast::flat_buffer buffer;
  ErrorCode error;
  client.read(buffer, error);
  EXPECT_EQ(error, boost::beast::websocket::error::closed);
  EXPECT_EQ(client.reason().code, 1012);
  ASSERT_TRUE(sessions_.WaitForClosed(0));
}

TEST_F(TlsTest, VanishingShuttingDownAndPlainTextClientsAreHandled) {
  StartServer(TlsServerOptions());
  {
    TlsClient client = OpenTls();
    ASSERT_TRUE(sessions_.WaitForOpen(1));
  }
  ASSERT_TRUE(sessions_.WaitForClosed(0));
  EXPECT_EQ(Exchange(UpgradeText()).find("HTTP/1.1 101"), std::string::npos);
  TlsClient open = OpenTls();
  ASSERT_TRUE(sessions_.WaitForOpen(2));
  tcp::socket silent = Connect();
  OnLoop([this] { sessions_.transport(1).Send(TextFrame(std::string(8 << 20, 'x'))); });
  StopServer();
  EXPECT_EQ(sessions_.Seen(1).closed, 1);
}

TEST_F(TlsTest, ADrippingRecordOfTheRequestIsTimedOut) {
  Options options = TlsServerOptions();
  options.handshake_timeout = std::chrono::seconds(3);    // Enough for TLS on a busy machine.
  options.close_timeout = std::chrono::milliseconds(50);  // For the answer, which it does not heed.
  StartServer(options);
  ssl::stream<tcp::socket> stream(Connect(), client_context_);
  ErrorCode error;
  stream.handshake(ssl::stream_base::client, error);
  ASSERT_FALSE(error) << "the machine is too busy for this test: " << error.message();
  // The head of a record of 16 KiB, and then a byte of it each time the server did not end it.
  tcp::socket& socket = stream.next_layer();
  boost::asio::write(socket, boost::asio::buffer("\x17\x03\x03\x40\x00", 5));
  constexpr size_t kFarTooMany = 10'000;  // Two milliseconds each, at least.
  size_t sent = 0;
  bool is_over = false;
  while (!is_over && sent < kFarTooMany && !error) {
    boost::asio::write(socket, boost::asio::buffer("x", 1), error);
    ++sent;
    while (!is_over && HasInput(socket, 2)) is_over = socket.read_some(Scratch(), error) == 0;
  }
  EXPECT_LT(sent, kFarTooMany) << "bytes keep the handshake alive";
  socket.close();
  WaitForConnections(0);
}

TEST_F(TlsTest, OldVersionsAreRefused) {
  StartServer(TlsServerOptions());
  ssl::context old(ssl::context::tls_client);
  SSL_CTX_set_security_level(old.native_handle(), 0);
  SSL_CTX_set_min_proto_version(old.native_handle(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(old.native_handle(), TLS1_1_VERSION);
  ssl::stream<tcp::socket> stream(Connect(), old);
  ErrorCode error;
  stream.handshake(ssl::stream_base::client, error);
  EXPECT_TRUE(error);
}

TEST_F(TlsTest, UnusableFilesAreNamed) {
  EXPECT_TRUE(MakeTlsContext(tls_).ok());

  const auto missing = MakeTlsContext({"/nowhere/cert.pem", tls_.key_file});
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_NE(missing.status().message().find("/nowhere/cert.pem"), std::string::npos);

  EXPECT_EQ(MakeTlsContext({tls_.cert_file, ""}).status().code(),
            absl::StatusCode::kInvalidArgument);

  const std::string garbage = folder_ + "garbage.pem";
  std::ofstream(garbage) << "no PEM";
  EXPECT_EQ(MakeTlsContext({garbage, tls_.key_file}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MakeTlsContext({tls_.cert_file, garbage}).status().code(),
            absl::StatusCode::kInvalidArgument);

  WriteKeyAndCertificate(folder_ + "other_key.pem", folder_ + "other_cert.pem");
  const auto mismatch = MakeTlsContext({tls_.cert_file, folder_ + "other_key.pem"});
  EXPECT_EQ(mismatch.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(mismatch.status().message().find("other_key.pem"), std::string::npos);
}

}  // namespace
}  // namespace entitysync::ws
