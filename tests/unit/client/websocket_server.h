#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace entitysync::client {

// What a script sees of the connection; the same with TLS and without. Everything blocks, and
// throws when the connection ends.
class ServerPeer {
 public:
  virtual ~ServerPeer() = default;

  // Reads the upgrade and answers it, with this subprotocol if it is not empty.
  virtual boost::beast::http::request<boost::beast::http::string_body> Accept(
      const std::string& subprotocol) = 0;

  virtual std::string Read() = 0;
  virtual void Write(const std::string& text, bool binary = false) = 0;
  virtual void Ping() = 0;
  virtual void Close(int code, const std::string& reason) = 0;
  virtual boost::asio::ip::tcp::socket& socket() = 0;

  // Reads until the client has closed; the code that it gave (0: it just went).
  virtual int ReadUntilClosed() = 0;
};

// A websocket server on a free port of this machine, in a thread of its own, that plays a script
// with the first connection.
class WebsocketServer {
 public:
  using Script = std::function<void(ServerPeer&)>;

  // With `tls` connections speak it.
  explicit WebsocketServer(Script script, boost::asio::ssl::context* tls = nullptr);
  ~WebsocketServer();

  int port() const { return acceptor_.local_endpoint().port(); }
  std::string url(const std::string& host = "127.0.0.1") const;

  // Whether the script is over.
  bool IsDone() const {
    return done_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

 private:
  void Serve(const Script& script);
  void Play(const Script& script, ServerPeer& peer);

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ssl::context* const tls_;
  std::mutex mutex_;
  ServerPeer* peer_ = nullptr;  // While its script runs.
  std::promise<void> promise_;
  std::future<void> done_ = promise_.get_future();
  std::thread thread_;
};

}  // namespace entitysync::client
