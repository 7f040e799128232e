#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <utility>

#include "gateway/base/entity_key.h"
#include "gateway/protocol/inflater.h"
#include "gateway/ws/basic_connection.h"

// The second phase of a connection: messages both ways, and the closing handshake.
namespace entitysync::ws {

template <class Stream>
void BasicConnection<Stream>::Send(protocol::LocalFramePtr frame) {
  if (state_ != State::kOpen) return;
  layer().PushFrame(std::move(frame));
}

template <class Stream>
void BasicConnection<Stream>::Ping() {
  if (state_ == State::kOpen) layer().PushPing(worker_->ping);
}

template <class Stream>
void BasicConnection<Stream>::SetReading(bool on) {
  reading_ = on;
  if (on && state_ == State::kOpen && !read_under_way_) StartRead();
}

template <class Stream>
void BasicConnection<Stream>::StartRead() {
  const size_t before = message_.heap_bytes();
  const std::span<char> room = message_.Room();
  worker_->incomplete_bytes += message_.heap_bytes() - before;
  if (message_.heap_bytes() > kShortMessageBytes &&
      worker_->incomplete_bytes > worker_->shared->options.max_incomplete_bytes_per_worker) {
    worker_->metrics.closed_by_overload.Increment();
    return Close(protocol::CloseCode::kOverload, "too many long messages at a time");
  }
  read_under_way_ = true;
  stream_.async_read_some(
      boost::asio::buffer(room.data(), room.size()),
      [self = Self()](Error error, size_t bytes) { self->OnRead(error, bytes); });
}

template <class Stream>
void BasicConnection<Stream>::OnRead(Error error, size_t bytes) {
  if (state_ == State::kDone) return;
  if (error) return OnReadFailed();
  // While closing, Beast's close operation reads on by itself.
  if (state_ == State::kOpen) {
    message_.Commit(bytes);
    handler_->OnActivity();
    if (state_ == State::kOpen && stream_.is_message_done()) Deliver();
  }
  read_under_way_ = false;
  if (state_ == State::kOpen && reading_) StartRead();
}

template <class Stream>
void BasicConnection<Stream>::Deliver() {
  const CompressedInput* input = layer().input().compressed();
  if (input != nullptr && input->is_compressed()) {
    DeliverInflated(input->is_text());
  } else if (message_.view().size() > max_message_bytes_) {
    FailMessage(protocol::CloseCode::kMessageTooBig, "the message is too long");
  } else {
    handler_->OnMessage(message_.view(), stream_.got_binary());
  }
  worker_->incomplete_bytes -= message_.heap_bytes();
  message_.Reset();
}

template <class Stream>
void BasicConnection<Stream>::DeliverInflated(bool is_text) {
  using Result = protocol::Inflater::Result;
  protocol::Inflater& inflater = *worker_->inflater;
  const Result result = inflater.Inflate(message_.view());
  if (result == Result::kTooBig || inflater.message().size() > max_message_bytes_) {
    return FailMessage(protocol::CloseCode::kMessageTooBig, "the message is too long");
  }
  if (result == Result::kCorrupt) {
    return FailMessage(protocol::CloseCode::kNotUtf8, "the message is not compressed as it says");
  }
  if (is_text && !base::IsValidUtf8(inflater.message())) {
    return FailMessage(protocol::CloseCode::kNotUtf8, "the message is not UTF-8");
  }
  worker_->metrics.messages_inflated.Increment();
  handler_->OnMessage(inflater.message(), !is_text);
}

template <class Stream>
void BasicConnection<Stream>::FailMessage(protocol::CloseCode code, std::string_view reason) {
  worker_->metrics.closed_by_violation.Increment();
  Close(code, reason);
}

template <class Stream>
void BasicConnection<Stream>::OnReadFailed() {
  read_under_way_ = false;
  if (close_requested_) return;  // The pending close operation finishes the connection.
  if (state_ == State::kOpen) worker_->metrics.closed_by_client.Increment();
  Finish();
}

template <class Stream>
void BasicConnection<Stream>::OnControlFrame(boost::beast::websocket::frame_type kind) {
  if (state_ != State::kOpen) return;
  handler_->OnActivity();
  if (kind != boost::beast::websocket::frame_type::close || state_ != State::kOpen) return;
  // Beast answers; the read under way ends when that is done.
  worker_->metrics.closed_by_client.Increment();
  BeginClosing();
}

template <class Stream>
void BasicConnection<Stream>::OnCloseQueued(uint16_t) {
  // Beast closes by itself only upon the peer's close, seen before, or upon a violation.
  if (state_ != State::kOpen) return;
  worker_->metrics.closed_by_violation.Increment();
  BeginClosing();
}

template <class Stream>
void BasicConnection<Stream>::Close(protocol::CloseCode code, std::string_view reason) {
  if (state_ != State::kOpen) return;
  BeginClosing();
  close_requested_ = true;
  // Cut where a UTF-8 sequence begins, since clients must refuse a broken one.
  size_t size = std::min(reason.size(), boost::beast::websocket::reason_string::static_capacity);
  while (size > 0 && size < reason.size() && (reason[size] & 0xC0) == 0x80) --size;
  boost::beast::websocket::close_reason why;
  why.code = static_cast<uint16_t>(code);
  why.reason.assign(reason.data(), size);
  stream_.async_close(why, [self = Self()](Error) { self->Finish(); });
}

template <class Stream>
void BasicConnection<Stream>::BeginClosing() {
  state_ = State::kClosing;
  layer().DiscardUnbegun();
  worker_->wheel.Set(deadline_, worker_->shared->options.close_timeout);
}

template <class Stream>
void BasicConnection<Stream>::OnReadBegun() {
  if (state_ == State::kOpen) handler_->OnActivity();
}

template <class Stream>
void BasicConnection<Stream>::OnWritable() {
  if (state_ == State::kOpen) handler_->OnWritable();
}

template <class Stream>
void BasicConnection<Stream>::OnWriteFailed() {
  if (state_ == State::kOpen) worker_->metrics.closed_by_client.Increment();
  Finish();
}

}  // namespace entitysync::ws
