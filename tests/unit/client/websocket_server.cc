#include "tests/unit/client/websocket_server.h"

#include <type_traits>
#include <utility>

namespace entitysync::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;

template <typename Layer>
class Peer final : public ServerPeer {
 public:
  template <typename... Arguments>
  explicit Peer(Arguments&&... arguments) : stream_(std::forward<Arguments>(arguments)...) {}

  beast::http::request<beast::http::string_body> Accept(const std::string& subprotocol) override {
    if constexpr (!std::is_same_v<Layer, tcp::socket>) {
      stream_.next_layer().handshake(asio::ssl::stream_base::server);
    }
    beast::flat_buffer buffer;
    beast::http::request<beast::http::string_body> request;
    beast::http::read(stream_.next_layer(), buffer, request);
    stream_.set_option(websocket::stream_base::decorator([&](websocket::response_type& response) {
      if (subprotocol.empty()) return;
      response.set(beast::http::field::sec_websocket_protocol, subprotocol);
    }));
    stream_.accept(request);
    return request;
  }

  std::string Read() override {
    beast::flat_buffer buffer;
    stream_.read(buffer);
    return beast::buffers_to_string(buffer.data());
  }

  void Write(const std::string& text, bool binary) override {
    stream_.binary(binary);
    stream_.write(asio::buffer(text));
  }

  void Ping() override { stream_.ping("are you there"); }

  void Close(int code, const std::string& reason) override {
    stream_.close({static_cast<websocket::close_code>(code), reason});
  }

  tcp::socket& socket() override { return beast::get_lowest_layer(stream_); }

  int ReadUntilClosed() override {
    beast::error_code error;
    while (!error) {
      beast::flat_buffer buffer;
      stream_.read(buffer, error);
    }
    return error == websocket::error::closed ? int{stream_.reason().code} : 0;
  }

 private:
  websocket::stream<Layer> stream_;
};

}  // namespace

WebsocketServer::WebsocketServer(Script script, asio::ssl::context* tls)
    : acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}),
      tls_(tls),
      thread_([this, script = std::move(script)] {
        Serve(script);
        promise_.set_value();
      }) {}

WebsocketServer::~WebsocketServer() {
  {
    // Ends a script that waits for a client that does something else.
    const std::lock_guard lock(mutex_);
    beast::error_code ignored;
    if (peer_ != nullptr) peer_->socket().shutdown(tcp::socket::shutdown_both, ignored);
  }
  // Wakes a server that nobody has called.
  asio::io_context io;
  tcp::socket socket(io);
  beast::error_code ignored;
  socket.connect(acceptor_.local_endpoint(), ignored);
  socket.close(ignored);
  thread_.join();
}

std::string WebsocketServer::url(const std::string& host) const {
  const char* const scheme = tls_ == nullptr ? "ws://" : "wss://";
  return scheme + host + ":" + std::to_string(port()) + "/ws/entity-sync/?a=b";
}

void WebsocketServer::Play(const Script& script, ServerPeer& peer) {
  const auto set = [this](ServerPeer* present) {
    const std::lock_guard lock(mutex_);
    peer_ = present;
  };
  set(&peer);
  try {
    script(peer);
  } catch (const std::exception&) {
    // The connection is over; the test sees what it misses.
  }
  set(nullptr);
}

void WebsocketServer::Serve(const Script& script) {
  try {
    tcp::socket socket = acceptor_.accept();
    std::unique_ptr<ServerPeer> peer;
    if (tls_ == nullptr) {
      peer = std::make_unique<Peer<tcp::socket>>(std::move(socket));
    } else {
      peer = std::make_unique<Peer<asio::ssl::stream<tcp::socket>>>(std::move(socket), *tls_);
    }
    Play(script, *peer);
  } catch (const std::exception&) {
    // Nobody has called who speaks TLS.
  }
}

}  // namespace entitysync::client
