#pragma once

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <type_traits>
#include <utility>
#include <variant>

#include "gateway/ws/basic_connection.h"

// The first phase of a connection: TLS, the HTTP request, its answer.
namespace entitysync::ws {

template <class Stream>
void BasicConnection<Stream>::Start() {
  self_ = Self();
  worker_->connections.PushBack(*this);
  worker_->wheel.Set(deadline_, worker_->shared->options.handshake_timeout);
  if constexpr (std::is_same_v<Stream, TlsSocket>) {
    layer().stream().async_handshake([self = Self()](Error error) {
      if (self->state_ == State::kDone) return;
      if (!error) return self->ReadRequest();
      self->worker_->metrics.handshakes_failed.Increment();
      self->Finish();
    });
  } else {
    ReadRequest();
  }
}

template <class Stream>
void BasicConnection<Stream>::ReadRequest() {
  state_ = State::kReadingRequest;
  http_ = std::make_unique<HttpPhase>();
  boost::beast::http::async_read_header(
      layer(), http_->buffer, http_->parser,
      [self = Self()](Error error, size_t) { self->OnRequest(error); });
}

template <class Stream>
void BasicConnection<Stream>::OnRequest(Error error) {
  if (state_ == State::kDone) return;
  namespace http = boost::beast::http;
  if (http_->timed_out) {
    return Refuse({http::status::request_timeout, "the handshake took too long"});
  }
  if (error) {
    if (auto answer = AnswerToUnreadable(error)) return Refuse(*answer);
    // A balancer's bare TCP check says nothing at all; that is no failure.
    if (http_->buffer.size() > 0) worker_->metrics.handshakes_failed.Increment();
    return Finish();
  }
  const Options& options = worker_->shared->options;
  if (admission_.verdict == Verdict::kTooMany) {
    return Answer(Unavailable("too many connections; try again later", options.retry_after));
  }
  if (admission_.verdict == Verdict::kTooManyOfThisAddress) {
    return Answer(
        TooManyRequests("too many connections from your address; close some", options.retry_after));
  }
  if (worker_->draining) {
    worker_->metrics.refused_draining.Increment();
    return Answer(Unavailable("this server is leaving; connect again", options.retry_after));
  }
  Decision decision = DecideUpgrade(http_->parser.get(), options);
  if (const auto* answer = std::get_if<HttpAnswer>(&decision)) return Refuse(*answer);
  Accept(std::get<Upgrade>(std::move(decision)));
}

template <class Stream>
void BasicConnection<Stream>::Refuse(const HttpAnswer& answer) {
  worker_->metrics.handshakes_failed.Increment();
  Answer(answer);
}

template <class Stream>
void BasicConnection<Stream>::Answer(const HttpAnswer& answer) {
  state_ = State::kAnswering;
  worker_->wheel.Set(deadline_, worker_->shared->options.close_timeout);
  http_->response = Render(answer);
  boost::beast::http::async_write(layer(), http_->response, [self = Self()](Error error, size_t) {
    if (error || self->state_ == State::kDone) return self->Finish();
    // Waits for the peer to close: closing first with unread bytes would reset the connection and
    // could take the answer with it.
    async_teardown(boost::beast::role_type::server, self->layer(),
                   [self](Error) { self->Finish(); });
  });
}

template <class Stream>
void BasicConnection<Stream>::Accept(Upgrade upgrade) {
  state_ = State::kUpgrading;
  http_->handshake = std::move(upgrade.handshake);
  if (http_->handshake.takes_deflated) layer().input().ExpectCompressed();
  ConfigureStream(std::move(upgrade.subprotocol), std::move(upgrade.extensions));
  layer().input().Hold(boost::beast::buffers_to_string(http_->buffer.data()));
  MakePlain(http_->parser.get());
  stream_.async_accept(http_->parser.get(), [self = Self()](Error error) {
    if (self->state_ == State::kDone) return;
    if (!error) return self->OnAccepted();
    self->worker_->metrics.handshakes_failed.Increment();
    self->Finish();
  });
}

template <class Stream>
void BasicConnection<Stream>::ConfigureStream(std::string subprotocol, std::string extensions) {
  namespace websocket = boost::beast::websocket;
  const Options& options = worker_->shared->options;
  max_message_bytes_ =
      http_->handshake.v1.has_value() ? options.max_v1_message_bytes : options.max_message_bytes;
  // Compression makes a little more of what cannot be compressed.
  const size_t overhead = extensions.empty() ? 0 : max_message_bytes_ / 1024 + 64;
  stream_.read_message_max(max_message_bytes_ + overhead);
  stream_.control_callback(
      [this](websocket::frame_type kind, boost::beast::string_view) { OnControlFrame(kind); });
  stream_.set_option(websocket::stream_base::decorator(
      [subprotocol = std::move(subprotocol),
       extensions = std::move(extensions)](websocket::response_type& response) {
        AddUpgradeFields(subprotocol, extensions, response);
      }));
}

template <class Stream>
void BasicConnection<Stream>::OnAccepted() {
  state_ = State::kOpen;
  worker_->wheel.Cancel(deadline_);
  const std::unique_ptr<HttpPhase> http = std::move(http_);
  // The decorator did its work, and it may hold a credential.
  stream_.set_option(boost::beast::websocket::stream_base::decorator(
      [](boost::beast::websocket::response_type&) {}));
  layer().BecomeWebsocket();
  worker_->metrics.connections_accepted.Increment();
  worker_->metrics.connections.Increment();
  handler_ = &worker_->acceptor.OnOpen(*this, std::move(http->handshake));
  if (state_ == State::kOpen && reading_ && !read_under_way_) StartRead();
}

}  // namespace entitysync::ws
