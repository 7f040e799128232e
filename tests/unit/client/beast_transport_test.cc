// Clients on real sockets: a plain Beast server on a port that the system chose.

#include "client-sdk/cpp/beast_transport.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "entitysync/client/client.h"
#include "tests/unit/client/websocket_server.h"
#include "tests/unit/ws/key_and_certificate.h"

namespace entitysync::client {
namespace {

namespace asio = boost::asio;

constexpr char kSubprotocolName[] = "entity-sync.v1.json";
constexpr char kWelcome[] =
    R"({"event":"welcome","connection":"c1","limits":{"messageBytes":4000000}})";

// Far above what anything here takes.
constexpr auto kPatience = std::chrono::seconds(30);

class BeastTransportTest : public testing::Test {
 protected:
  BeastTransportTest() {
    options_.on_error = [this](const absl::Status& error) { errors_.push_back(error); };
    options_.on_connection = [this](const ConnectionState& state) { states_.push_back(state); };
  }

  void Connect(const std::string& url) {
    options_.url = url;
    auto client = Client::Connect(io_.get_executor(), options_);
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
  }

  template <typename Condition>
  bool RunUntil(Condition holds) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end) return false;
      if (io_.stopped()) io_.restart();
      io_.run_one_for(std::chrono::milliseconds(10));
    }
    return true;
  }

  // Runs until the client is in this state, and returns that.
  ConnectionState Until(ConnectionStatus status) {
    size_t seen = 0;
    EXPECT_TRUE(RunUntil([&] {
      while (seen < states_.size() && states_[seen].status != status) ++seen;
      return seen < states_.size();
    })) << NameOf(status);
    return seen < states_.size() ? states_[seen] : ConnectionState{};
  }

  asio::io_context io_;
  ClientOptions options_;
  std::vector<ConnectionState> states_;
  std::vector<absl::Status> errors_;
  std::unique_ptr<Client> client_;
};

TEST_F(BeastTransportTest, SpeaksAndCloses) {
  std::string target, host, offer, message;
  int code = -1;
  WebsocketServer server([&](ServerPeer& peer) {
    const auto request = peer.Accept(kSubprotocolName);
    target = std::string(request.target());
    host = std::string(request["Host"]);
    offer = std::string(request["Sec-WebSocket-Protocol"]);
    peer.Write(kWelcome);
    message = peer.Read();
    peer.Ping();
    const std::string rows = "[\"" + std::string(1'000'000, 'x') + "\"]";
    peer.Write(R"({"event":"state","entity":"items","id":"1","version":"v1","rows":)" + rows + "}");
    code = peer.ReadUntilClosed();
  });
  Connect(server.url());
  size_t bytes = 0;
  const auto watch = client_->Entity("items", "1").Subscribe([&](const EntityState& state) {
    bytes = state.rows->at(0).bytes().size();
  });
  EXPECT_EQ(Until(ConnectionStatus::kOpen).connection, "c1");
  EXPECT_TRUE(RunUntil([&] { return bytes > 0; }));
  EXPECT_EQ(bytes, 1'000'002u);
  client_->Close();
  EXPECT_TRUE(RunUntil([&] { return server.IsDone(); }));
  EXPECT_EQ(code, 1000);
  EXPECT_EQ(target, "/ws/entity-sync/?a=b");
  EXPECT_EQ(host, "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(offer, kSubprotocolName);
  EXPECT_EQ(message, R"({"action":"subscribe","ref":1,"body":[{"entity":"items","id":"1",)"
                     R"("patches":true}]})");
  io_.restart();
  EXPECT_LT(io_.run_for(kPatience), 100u) << "nothing goes on after the close";
  EXPECT_TRUE(io_.stopped());
}

TEST_F(BeastTransportTest, MessagesKeepTheirOrder) {
  constexpr int kMessages = 200;
  std::vector<std::string> heard;
  WebsocketServer server([&](ServerPeer& peer) {
    peer.Accept(kSubprotocolName);
    peer.Write(kWelcome);
    for (int i = 0; i < kMessages; ++i) heard.push_back(peer.Read());
  });
  Connect(server.url());
  Until(ConnectionStatus::kOpen);
  for (int i = 0; i < kMessages; ++i) client_->Request(std::to_string(i), std::nullopt, nullptr);
  EXPECT_TRUE(RunUntil([&] { return server.IsDone(); }));
  ASSERT_EQ(heard.size(), size_t{kMessages});
  for (int i = 0; i < kMessages; ++i) {
    const std::string number = std::to_string(i);
    EXPECT_EQ(heard[i], R"({"action":"message","ref":)" + std::to_string(i + 1) + R"(,"body":)" +
                            number + "}");
  }
}

TEST_F(BeastTransportTest, CloseCodesArrive) {
  WebsocketServer server([&](ServerPeer& peer) {
    peer.Accept(kSubprotocolName);
    peer.Write(kWelcome);
    peer.Close(1012, "drain");
  });
  Connect(server.url());
  const ConnectionState state = Until(ConnectionStatus::kWaiting);
  EXPECT_EQ(state.code, 1012);
  EXPECT_EQ(state.reason, "drain");
}

TEST_F(BeastTransportTest, BreaksAre1006) {
  WebsocketServer server([&](ServerPeer& peer) {
    peer.Accept(kSubprotocolName);
    peer.Write(kWelcome);
    peer.socket().close();
  });
  Connect(server.url());
  Until(ConnectionStatus::kOpen);
  EXPECT_EQ(Until(ConnectionStatus::kWaiting).code, 1006);
}

TEST_F(BeastTransportTest, HandshakesThatFailAre1006) {
  WebsocketServer other([&](ServerPeer& peer) {
    peer.Accept("");
    peer.Write(kWelcome);
    peer.ReadUntilClosed();
  });
  WebsocketServer busy([&](ServerPeer& peer) {
    asio::write(peer.socket(), asio::buffer(std::string("HTTP/1.1 503 Busy\r\n\r\n")));
  });
  WebsocketServer gone([](ServerPeer&) {});
  // Nobody listens any more on a port that is free again.
  const std::string nobody = std::make_unique<WebsocketServer>([](ServerPeer&) {})->url();
  for (const std::string& url :
       {other.url(), busy.url(), gone.url(), nobody, std::string("ws://no-such-host.invalid/")}) {
    states_.clear();
    Connect(url);
    const ConnectionState state = Until(ConnectionStatus::kWaiting);
    EXPECT_EQ(state.code, 1006) << url;
    EXPECT_FALSE(state.reason.empty()) << url;
  }
}

TEST_F(BeastTransportTest, AttemptsEndInTime) {
  std::promise<void> end;
  WebsocketServer silent([&](ServerPeer&) { end.get_future().wait(); });
  options_.connect_timeout = std::chrono::milliseconds(20);
  Connect(silent.url());
  EXPECT_EQ(Until(ConnectionStatus::kWaiting).code, 1006);
  end.set_value();
}

TEST_F(BeastTransportTest, ClientMayGoAtAnyMoment) {
  std::promise<void> end;
  WebsocketServer silent([&](ServerPeer&) { end.get_future().wait(); });
  for (int tasks = 0; tasks < 6; ++tasks) {
    Connect(silent.url());
    for (int i = 0; i < tasks; ++i) io_.run_one_for(std::chrono::milliseconds(10));
    client_.reset();
    io_.restart();
    io_.run_for(kPatience);
    EXPECT_TRUE(io_.stopped()) << "something still goes on";
    io_.restart();
  }
  end.set_value();
}

TEST_F(BeastTransportTest, EventsThatAreTooLargeCloseForGood) {
  options_.max_event_bytes = 1'000;
  WebsocketServer server([&](ServerPeer& peer) {
    peer.Accept(kSubprotocolName);
    peer.Write(kWelcome);
    peer.Write(std::string(2'000, ' '));
    peer.ReadUntilClosed();
  });
  Connect(server.url());
  EXPECT_EQ(Until(ConnectionStatus::kClosed).code, 1009);
  ASSERT_EQ(errors_.size(), 1u);
  EXPECT_EQ(errors_[0].code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(BeastTransportTest, BinaryFramesAreNoEvents) {
  WebsocketServer server([&](ServerPeer& peer) {
    peer.Accept(kSubprotocolName);
    peer.Write(kWelcome, /*binary=*/true);
    peer.Write(kWelcome);
    peer.ReadUntilClosed();
  });
  Connect(server.url());
  Until(ConnectionStatus::kOpen);
  ASSERT_EQ(errors_.size(), 1u);
  EXPECT_EQ(errors_[0].code(), absl::StatusCode::kInternal);
  client_.reset();
  EXPECT_TRUE(RunUntil([&] { return server.IsDone(); }));
}

TEST_F(BeastTransportTest, GatewaysThatDoNotReadAreGivenUp) {
  std::promise<void> end;
  WebsocketServer server([&](ServerPeer& peer) {
    peer.Accept(kSubprotocolName);
    peer.Write(kWelcome);
    end.get_future().wait();
  });
  Connect(server.url());
  Until(ConnectionStatus::kOpen);
  const std::string large = '"' + std::string(3'000'000, 'x') + '"';
  for (size_t bytes = 0; bytes < kMaxUnsentBytes + 20'000'000; bytes += large.size()) {
    client_->Request(large, std::nullopt, nullptr);
  }
  EXPECT_EQ(Until(ConnectionStatus::kWaiting).reason, "the gateway does not read");
  end.set_value();
}

TEST_F(BeastTransportTest, ClosingEndsThoughTheGatewayDoesNotRead) {
  std::promise<void> end;
  WebsocketServer server([&](ServerPeer& peer) {
    peer.Accept(kSubprotocolName);
    peer.Write(kWelcome);
    end.get_future().wait();
  });
  options_.url = server.url();
  const auto dial = MakeBeastDial(io_.get_executor(), options_, std::chrono::milliseconds(50));
  ASSERT_TRUE(dial.ok()) << dial.status();
  bool greeted = false;
  auto transport = (*dial)(kSubprotocolName, {.text = [&](const std::string&) { greeted = true; },
                                              .closed = [](int, const std::string&) { FAIL(); }});
  ASSERT_TRUE(RunUntil([&] { return greeted; }));
  // Far more than the system keeps for a peer that does not read.
  for (int times = 0; times < 8; ++times) transport->Send(std::string(kMaxUnsentBytes / 10, 'x'));
  // Until a write is blocked: nothing happens any more.
  while (io_.run_one_for(std::chrono::milliseconds(50)) > 0) {
  }
  transport->Close(1000);
  transport.reset();
  io_.restart();
  io_.run_for(kPatience);
  EXPECT_TRUE(io_.stopped()) << "something still goes on";
  end.set_value();
}

TEST_F(BeastTransportTest, UrlsThatMakeNoSenseAreRefusedAtOnce) {
  options_.url = "host";
  EXPECT_EQ(Client::Connect(io_.get_executor(), options_).status().code(),
            absl::StatusCode::kInvalidArgument);
}

class TlsTransportTest : public BeastTransportTest {
 protected:
  TlsTransportTest() {
    const std::string key = testing::TempDir() + "client-" + std::to_string(getpid()) + ".key";
    certificate_ = testing::TempDir() + "client-" + std::to_string(getpid()) + ".pem";
    ws::WriteKeyAndCertificate(key, certificate_);
    server_tls_.use_certificate_chain_file(certificate_);
    server_tls_.use_private_key_file(key, asio::ssl::context::pem);
    unlink(key.c_str());
  }
  ~TlsTransportTest() override { unlink(certificate_.c_str()); }

  void Trust() {
    options_.tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
    options_.tls->load_verify_file(certificate_);
    options_.tls->set_verify_mode(asio::ssl::verify_peer);
  }

  WebsocketServer::Script Greeter() {
    return [this](ServerPeer& peer) {
      peer.Accept(kSubprotocolName);
      peer.Write(kWelcome);
      code_ = peer.ReadUntilClosed();
    };
  }

  std::string certificate_;
  asio::ssl::context server_tls_{asio::ssl::context::tls_server};
  int code_ = -1;
};

TEST_F(TlsTransportTest, TrustedServer) {
  Trust();
  WebsocketServer server(Greeter(), &server_tls_);
  Connect(server.url("localhost"));
  EXPECT_EQ(Until(ConnectionStatus::kOpen).connection, "c1");
  client_.reset();
  EXPECT_TRUE(RunUntil([&] { return server.IsDone(); }));
  EXPECT_EQ(code_, 1000);
}

TEST_F(TlsTransportTest, CertificateOfAnotherHost) {
  Trust();
  WebsocketServer server(Greeter(), &server_tls_);
  Connect(server.url("127.0.0.1"));
  EXPECT_EQ(Until(ConnectionStatus::kWaiting).code, 1006);
}

TEST_F(TlsTransportTest, CertificateThatTheSystemDoesNotTrust) {
  WebsocketServer server(Greeter(), &server_tls_);
  Connect(server.url("localhost"));
  EXPECT_EQ(Until(ConnectionStatus::kWaiting).code, 1006);
}

}  // namespace
}  // namespace entitysync::client
