#pragma once

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/asio_loop.h"
#include "gateway/base/log.h"
#include "gateway/metrics/metrics.h"
#include "gateway/protocol/frame.h"
#include "gateway/ws/server.h"
#include "tests/unit/ws/fake_sessions.h"

namespace entitysync::ws {

using boost::asio::ip::tcp;
using Client = boost::beast::websocket::stream<tcp::socket>;
using ErrorCode = boost::system::error_code;

inline protocol::LocalFramePtr TextFrame(std::string_view payload) {
  std::string bytes;
  protocol::AppendMessage(protocol::FrameKind::kText, payload, bytes);
  return new protocol::LocalFrame(std::make_shared<const std::string>(std::move(bytes)));
}

// A server on a port of the system's choice with fake sessions above it, and blocking clients.
class SocketTest : public ::testing::Test {
 protected:
  ~SocketTest() override { StopServer(); }

  static Options TestOptions() {
    Options options;
    options.host = "127.0.0.1";
    options.port = 0;
    return options;
  }

  // Formats nothing either: UBSan's check of foreign objects needs a descriptor, and one test
  // leaves none.
  static base::Logger SilentLogger() {
    base::Logger logger = base::NullLogger();
    logger->set_level(spdlog::level::off);
    return logger;
  }

  void StartServer(Options options = TestOptions(), int workers = 1) {
    std::vector<Server::Seat> seats;
    for (int i = 0; i < workers; ++i) {
      loops_.push_back(std::make_unique<base::AsioLoop>("worker"));
      seats.push_back({*loops_.back(), sessions_});
    }
    auto server = Server::Open(std::move(options), seats, metrics_, SilentLogger());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    server_->Start();
    for (const auto& loop : loops_) loop->Start();
  }

  // The orderly end. Returns once nothing of the server is left.
  void StopServer() {
    if (server_ == nullptr) return;
    std::promise<void> done;
    server_->Shutdown([&done] { done.set_value(); });
    done.get_future().wait();
    for (const auto& loop : loops_) loop->Stop();
    server_.reset();
  }

  // Runs `task` on the first worker's loop and waits for the end of its turn: what the task sent
  // has been given to the kernel as far as that took it.
  void OnLoop(const std::function<void()>& task) {
    std::promise<void> done;
    loops_.front()->Post([&] {
      task();
      loops_.front()->AtTurnEnd([&done] { done.set_value(); });
    });
    done.get_future().wait();
  }

  // Waits until the server holds `count` connections.
  void WaitForConnections(size_t count) {
    while (server_->connections() != count) OnLoop([] {});
  }

  tcp::socket Connect() {
    tcp::socket socket(io_);
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), server_->port()});
    return socket;
  }

  Client Open(const std::string& target = "/ws/entity-sync/") {
    Client client(Connect());
    client.handshake("localhost", target);
    return client;
  }

  static std::string Read(Client& client) {
    boost::beast::flat_buffer buffer;
    client.read(buffer);
    return boost::beast::buffers_to_string(buffer.data());
  }

  // Reads until the connection ends; returns the close code received, 0 if none.
  static unsigned ReadUntilClosed(Client& client) {
    ErrorCode error;
    while (!error) {
      boost::beast::flat_buffer buffer;
      client.read(buffer, error);
    }
    return error == boost::beast::websocket::error::closed ? client.reason().code : 0u;
  }

  // What the server gave as the reason of its close.
  static std::string ReasonOf(Client& client) {
    return {client.reason().reason.data(), client.reason().reason.size()};
  }

  // Sends `text` as it is and returns all the server says until it closes.
  std::string Exchange(std::string_view text) {
    tcp::socket socket = Connect();
    boost::asio::write(socket, boost::asio::buffer(text.data(), text.size()));
    return ReadAll(socket);
  }

  static std::string ReadAll(tcp::socket& socket) {
    std::string all;
    ErrorCode error;
    boost::asio::read(socket, boost::asio::dynamic_buffer(all), error);
    return all;
  }

  prometheus::Registry registry_;
  metrics::SessionMetrics metrics_{registry_};
  FakeSessions sessions_;
  boost::asio::io_context io_;
  std::vector<std::unique_ptr<base::AsioLoop>> loops_;
  std::unique_ptr<Server> server_;
};

// A websocket handshake as bytes; `more` are further header lines, each ended by CRLF.
inline std::string UpgradeText(std::string_view more = "",
                               std::string_view target = "/ws/entity-sync/") {
  return "GET " + std::string(target) +
         " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         std::string(more) + "\r\n";
}

// A client frame with an all-zero mask, so its payload stands as it is.
inline std::string ClientFrame(uint8_t first_byte, std::string_view payload) {
  std::string frame(1, static_cast<char>(first_byte));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else {
    frame += static_cast<char>(0x80 | 126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size() & 0xFF);
  }
  frame.append(4, '\0');
  frame += payload;
  return frame;
}

}  // namespace entitysync::ws
