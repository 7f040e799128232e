#include "client-sdk/cpp/beast_transport.h"

#include <absl/strings/str_cat.h>
#include <openssl/ssl.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <deque>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "client-sdk/cpp/url.h"

namespace entitysync::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using ErrorCode = beast::error_code;

using PlainStream = websocket::stream<beast::tcp_stream>;
using TlsStream = websocket::stream<beast::ssl_stream<beast::tcp_stream>>;

// Where to and how, the same for all attempts.
struct Target {
  Url url;
  std::shared_ptr<asio::ssl::context> tls;
  size_t max_event_bytes;
  Duration close_timeout;
};

// One websocket from the name of its host to its end.
//
// Owner and lifetime: its own operations; BeastTransport tells it when nobody listens any more.
// Threading: the executor. Limits: kMaxUnsentBytes, the target's max_event_bytes.
// Errors: end it; told as the event `closed`.
template <typename Stream>
class Session : public std::enable_shared_from_this<Session<Stream>> {
 public:
  Session(Stream stream, asio::any_io_executor executor, std::shared_ptr<const Target> target,
          TransportEvents events)
      : stream_(std::move(stream)),
        resolver_(executor),
        close_timer_(executor),
        target_(std::move(target)),
        events_(std::move(events)) {}

  void Start(std::string subprotocol);
  void Send(std::string text);
  void Close(int code);

 private:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  // A handler of an operation that keeps this alive.
  template <typename Method>
  auto Then(Method method) {
    return [self = this->shared_from_this(), method](const ErrorCode& error, auto&&...) {
      if (error) return self->OnError(error);
      ((*self).*method)();
    };
  }

  bool IsOver() const { return !events_.closed; }
  void OnResolved(const asio::ip::tcp::resolver::results_type& addresses);
  void OnConnected();
  void OnSecured();
  void OnHandshake();
  void Read();
  void OnRead();
  void Write();
  void OnWritten();
  void OnError(const ErrorCode& error);
  void End(int code, std::string reason);

  Stream stream_;
  asio::ip::tcp::resolver resolver_;
  asio::steady_timer close_timer_;
  const std::shared_ptr<const Target> target_;
  TransportEvents events_;
  std::string subprotocol_;
  websocket::response_type response_;
  beast::flat_buffer buffer_;
  std::deque<std::string> unsent_;
  size_t unsent_bytes_ = 0;
  bool open_ = false;
};

template <typename Stream>
void Session<Stream>::Start(std::string subprotocol) {
  subprotocol_ = std::move(subprotocol);
  resolver_.async_resolve(
      target_->url.host, target_->url.port,
      [self = this->shared_from_this()](const ErrorCode& error, const auto& addresses) {
        if (error) return self->OnError(error);
        self->OnResolved(addresses);
      });
}

template <typename Stream>
void Session<Stream>::OnResolved(const asio::ip::tcp::resolver::results_type& addresses) {
  if (IsOver()) return;
  // Without a time limit of its own: that of the attempt ends it.
  beast::get_lowest_layer(stream_).async_connect(addresses, Then(&Session::OnConnected));
}

template <typename Stream>
void Session<Stream>::OnConnected() {
  if (IsOver()) return;
  ErrorCode ignored;
  beast::get_lowest_layer(stream_).socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  if constexpr (kTls) {
    auto& tls = stream_.next_layer();
    const std::string& host = target_->url.host;
    // An address is no name that a server could choose its certificate by.
    asio::ip::make_address(host, ignored);
    if (ignored) SSL_set_tlsext_host_name(tls.native_handle(), host.c_str());
    tls.set_verify_callback(asio::ssl::host_name_verification(host));
    tls.async_handshake(asio::ssl::stream_base::client, Then(&Session::OnSecured));
  } else {
    OnSecured();
  }
}

template <typename Stream>
void Session<Stream>::OnSecured() {
  if (IsOver()) return;
  websocket::stream_base::timeout limits{};
  limits.handshake_timeout = websocket::stream_base::none();  // The attempt has its own.
  limits.idle_timeout = websocket::stream_base::none();
  limits.keep_alive_pings = false;
  stream_.set_option(limits);
  stream_.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
    request.set(beast::http::field::sec_websocket_protocol, subprotocol_);
  }));
  stream_.read_message_max(target_->max_event_bytes);
  stream_.async_handshake(response_, target_->url.authority, target_->url.target,
                          Then(&Session::OnHandshake));
}

template <typename Stream>
void Session<Stream>::OnHandshake() {
  if (IsOver()) return;
  if (response_[beast::http::field::sec_websocket_protocol] != subprotocol_) {
    End(1006, absl::StrCat("there is no gateway that speaks ", subprotocol_));
    return;
  }
  websocket::stream_base::timeout limits{};
  limits.handshake_timeout = target_->close_timeout;  // Of a close that the other side begins.
  limits.idle_timeout = websocket::stream_base::none();
  limits.keep_alive_pings = false;
  stream_.set_option(limits);
  stream_.text(true);
  open_ = true;
  Read();
}

template <typename Stream>
void Session<Stream>::Read() {
  stream_.async_read(buffer_, Then(&Session::OnRead));
}

template <typename Stream>
void Session<Stream>::OnRead() {
  if (IsOver()) return;
  // A binary frame is no event of this subprotocol, and need not be UTF-8.
  std::string text = stream_.got_text() ? beast::buffers_to_string(buffer_.data()) : "";
  buffer_.consume(buffer_.size());
  const auto take = events_.text;  // A copy: the call may end the transport, and so the events.
  take(std::move(text));
  if (!IsOver()) Read();
}

template <typename Stream>
void Session<Stream>::Send(std::string text) {
  if (IsOver() || !open_) return;
  unsent_bytes_ += text.size();
  unsent_.push_back(std::move(text));
  if (unsent_bytes_ > kMaxUnsentBytes) {
    // Not within this call, as all events.
    asio::post(stream_.get_executor(),
               [self = this->shared_from_this()] { self->End(1006, "the gateway does not read"); });
  }
  if (unsent_.size() == 1) Write();
}

template <typename Stream>
void Session<Stream>::Write() {
  stream_.async_write(asio::buffer(unsent_.front()), Then(&Session::OnWritten));
}

template <typename Stream>
void Session<Stream>::OnWritten() {
  if (IsOver()) return;
  unsent_bytes_ -= unsent_.front().size();
  unsent_.pop_front();
  if (!unsent_.empty()) Write();
}

template <typename Stream>
void Session<Stream>::Close(int code) {
  if (IsOver()) return;
  events_ = {};
  if (!open_) {
    resolver_.cancel();
    return beast::get_lowest_layer(stream_).close();
  }
  // Nothing follows but the rest of what is under way, whose bytes the stream still needs.
  if (unsent_.size() > 1) unsent_.resize(1);
  // The stream has a limit of its own for this, which begins only when it may write, and behind a
  // write that is blocked it never may.
  close_timer_.expires_after(target_->close_timeout);
  close_timer_.async_wait([self = this->shared_from_this()](const ErrorCode& error) {
    if (!error) beast::get_lowest_layer(self->stream_).close();
  });
  // Both keep the session until the other side has answered or the time is over.
  stream_.async_close(static_cast<websocket::close_code>(code),
                      [self = this->shared_from_this()](const ErrorCode&) {
                        self->close_timer_.cancel();
                        beast::get_lowest_layer(self->stream_).close();
                      });
}

template <typename Stream>
void Session<Stream>::OnError(const ErrorCode& error) {
  if (IsOver()) return;
  if (error == websocket::error::closed) {
    const websocket::close_reason& reason = stream_.reason();
    // A close frame without a code is 1005.
    const int code = reason.code == websocket::close_code::none ? 1005 : int{reason.code};
    return End(code, std::string(reason.reason.data(), reason.reason.size()));
  }
  const bool too_big = error == websocket::error::message_too_big;
  End(too_big ? 1009 : 1006, error.message());
}

template <typename Stream>
void Session<Stream>::End(int code, std::string reason) {
  if (IsOver()) return;
  const auto closed = std::exchange(events_, {}).closed;
  beast::get_lowest_layer(stream_).close();
  closed(code, std::move(reason));
}

template <typename Stream>
class BeastTransport final : public Transport {
 public:
  explicit BeastTransport(std::shared_ptr<Session<Stream>> session)
      : session_(std::move(session)) {}
  ~BeastTransport() override { session_->Close(1000); }

  void Send(std::string text) override { session_->Send(std::move(text)); }
  void Close(int code) override { session_->Close(code); }

 private:
  const std::shared_ptr<Session<Stream>> session_;
};

template <typename Stream>
std::unique_ptr<Transport> Begin(Stream stream, const asio::any_io_executor& executor,
                                 std::shared_ptr<const Target> target, std::string subprotocol,
                                 TransportEvents events) {
  auto session = std::make_shared<Session<Stream>>(std::move(stream), executor, std::move(target),
                                                   std::move(events));
  session->Start(std::move(subprotocol));
  return std::make_unique<BeastTransport<Stream>>(std::move(session));
}

absl::StatusOr<std::shared_ptr<asio::ssl::context>> SystemTls() {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  ErrorCode error;
  context->set_default_verify_paths(error);
  if (!error) context->set_verify_mode(asio::ssl::verify_peer, error);
  if (!error) return context;
  return absl::UnavailableError(
      absl::StrCat("the system's certificates cannot be read: ", error.message()));
}

}  // namespace

absl::StatusOr<Dial> MakeBeastDial(asio::any_io_executor executor, const ClientOptions& options,
                                   Duration close_timeout) {
  absl::StatusOr<Url> url = ParseUrl(options.url);
  if (!url.ok()) return url.status();
  auto target = std::make_shared<Target>(
      Target{*std::move(url), options.tls, options.max_event_bytes, close_timeout});
  if (!target->url.tls) {
    return [executor, target](std::string subprotocol, TransportEvents events) {
      return Begin(PlainStream(executor), executor, target, std::move(subprotocol),
                   std::move(events));
    };
  }
  if (target->tls == nullptr) {
    auto tls = SystemTls();
    if (!tls.ok()) return tls.status();
    target->tls = *std::move(tls);
  }
  return [executor, target](std::string subprotocol, TransportEvents events) {
    return Begin(TlsStream(executor, *target->tls), executor, target, std::move(subprotocol),
                 std::move(events));
  };
}

}  // namespace entitysync::client
