#pragma once

#include <absl/functional/any_invocable.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/buffer_traits.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/role.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "gateway/ws/flush_queue.h"
#include "gateway/ws/held_input.h"
#include "gateway/ws/layer_writer.h"
#include "gateway/ws/output_queue.h"
#include "gateway/ws/sockets.h"
#include "gateway/ws/teardown.h"

namespace entitysync::ws {

inline constexpr uint8_t kCloseFrame = 0x88;  // FIN and opcode 8.

// The layer between Beast's websocket stream and the socket.
//
// Purpose: Beast's own writes (the handshake's answer, pongs, close frames) and the ready-made
//   frames of sessions go through one OutputQueue, each whole, so they never interleave and a
//   delivery costs no composed write. All that was queued in one turn of the loop is written at its
//   end.
// Owner and lifetime: a member of the connection's websocket::stream; never moved.
// Threading: the connection's loop.
// Limits: a write of Beast's completes only when its bytes are in the kernel, and Beast has one at
//   a time, so a peer that pings and never reads stops being read instead of growing the queue.
//   After a close frame nothing more is accepted from the session.
// Errors: a failed write is told to the owner, which ends the connection.
template <class Stream>
class QueuedLayer : public FlushQueue::Member, private LayerWriter<Stream> {
 public:
  using executor_type = LoopExecutor;
  using Error = boost::system::error_code;

  template <class... StreamArgs>
  QueuedLayer(LayerOwner& owner, FlushQueue& flush, StreamArgs&&... args)
      : LayerWriter<Stream>(std::forward<StreamArgs>(args)...), owner_(owner), flush_(flush) {}

  executor_type get_executor() { return stream().get_executor(); }
  Stream& stream() { return LayerWriter<Stream>::stream_; }
  TcpSocket& socket() { return LayerWriter<Stream>::socket(); }

  // Bytes accepted and not yet in the kernel.
  size_t unsent_bytes() const { return queue_.bytes() + this->bytes_in_flight(); }

  // LayerOwner::OnWritable is to be called once half of what is unsent now has left.
  void WantWritable() { writable_mark_ = unsent_bytes() / 2; }

  // When bytes last went into the kernel, or the queue last stopped being empty.
  base::TimePoint last_progress() const { return last_progress_; }

  // From now on Beast writes websocket frames, and its close frame ends the session's output.
  void BecomeWebsocket() { websocket_ = true; }

  // What is held there, Beast's next reads return first.
  HeldInput& input() { return input_; }

  // Ends reading with operation_aborted, once what the pending read has already got is taken.
  void EndReading();

  void PushFrame(protocol::LocalFramePtr frame);

  // Ignored while an earlier ping is queued.
  void PushPing(const protocol::LocalFramePtr& frame);

  void DiscardUnbegun();

  // Closes the socket and forgets the queue. Whatever is pending ends with operation_aborted.
  void Abort();

  size_t Flush() override;

  // What Beast asks of a next layer. -------------------------------------------------------------

  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler);

  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler);

  friend void beast_close_socket(QueuedLayer& layer) { layer.Abort(); }

  template <class Handler>
  friend void async_teardown(boost::beast::role_type, QueuedLayer& layer, Handler&& handler) {
    Teardown(layer.stream(), std::forward<Handler>(handler));
  }

 private:
  void Schedule();

  template <class Buffers, class Handler>
  void Read(const Buffers& into, Handler handler);
  template <class Buffers, class Handler>
  void Borrow(const Buffers& from, Handler handler);
  void NoteCloseFrame(const uint8_t* frame, size_t size);
  void Resume(Error error, const WriteResult& written);
  void Settle(const WriteResult& result);

  LayerOwner& owner_;
  FlushQueue& flush_;
  OutputQueue queue_;
  absl::AnyInvocable<void(Error)> borrower_;  // Beast's write, until it is in the kernel.
  HeldInput input_;
  base::TimePoint last_progress_{};
  std::optional<size_t> writable_mark_;  // Set: WantWritable was called.
  bool websocket_ = false;
  bool close_queued_ = false;
  bool ping_queued_ = false;
  bool closed_ = false;
};

template <class Stream>
void QueuedLayer<Stream>::EndReading() {
  input_.End();
  Error ignored;
  socket().cancel(ignored);
}

template <class Stream>
void QueuedLayer<Stream>::Schedule() {
  if (unsent_bytes() == 0) last_progress_ = flush_.turn_time();
  flush_.Add(*this);
}

template <class Stream>
void QueuedLayer<Stream>::PushFrame(protocol::LocalFramePtr frame) {
  if (closed_ || close_queued_) return;
  Schedule();
  queue_.PushFrame(std::move(frame));
}

template <class Stream>
void QueuedLayer<Stream>::PushPing(const protocol::LocalFramePtr& frame) {
  if (closed_ || close_queued_ || ping_queued_) return;
  ping_queued_ = true;
  Schedule();
  queue_.PushPing(frame);
}

template <class Stream>
void QueuedLayer<Stream>::DiscardUnbegun() {
  queue_.DiscardUnbegun();
  ping_queued_ = false;
}

template <class Stream>
template <class Buffers, class Handler>
auto QueuedLayer<Stream>::async_read_some(const Buffers& buffers, Handler&& handler) {
  return boost::asio::async_initiate<Handler, void(Error, size_t)>(
      [this](auto completion, const Buffers& into) { Read(into, std::move(completion)); }, handler,
      buffers);
}

template <class Stream>
template <class Buffers, class Handler>
auto QueuedLayer<Stream>::async_write_some(const Buffers& buffers, Handler&& handler) {
  return boost::asio::async_initiate<Handler, void(Error, size_t)>(
      [this](auto completion, const Buffers& from) { Borrow(from, std::move(completion)); },
      handler, buffers);
}

template <class Stream>
template <class Buffers, class Handler>
void QueuedLayer<Stream>::Read(const Buffers& into, Handler handler) {
  owner_.OnReadBegun();
  if (input_.is_ended()) {
    const Error error = boost::asio::error::operation_aborted;
    boost::asio::post(get_executor(),
                      boost::beast::bind_front_handler(std::move(handler), error, size_t{0}));
    return;
  }
  if (input_.empty() && input_.compressed() == nullptr) {
    return stream().async_read_some(into, std::move(handler));
  }
  if (input_.empty()) {
    return stream().async_read_some(
        into, [this, into, handler = std::move(handler)](Error error, size_t bytes) mutable {
          const size_t passed = input_.Divide(into, bytes);
          std::move(handler)(error, passed);
        });
  }
  const size_t bytes = input_.Take(into);
  boost::asio::post(get_executor(),
                    boost::beast::bind_front_handler(std::move(handler), Error(), bytes));
}

template <class Stream>
template <class Buffers, class Handler>
void QueuedLayer<Stream>::Borrow(const Buffers& from, Handler handler) {
  const size_t total = boost::beast::buffer_bytes(from);
  if (closed_ || total == 0) {
    const Error error = closed_ ? boost::asio::error::operation_aborted : Error();
    boost::asio::post(get_executor(),
                      boost::beast::bind_front_handler(std::move(handler), error, size_t{0}));
    return;
  }
  Schedule();
  size_t left = total;
  for (boost::asio::const_buffer buffer : boost::beast::buffers_range_ref(from)) {
    if (buffer.size() == 0) continue;
    if (websocket_ && left == total) {
      NoteCloseFrame(static_cast<const uint8_t*>(buffer.data()), buffer.size());
    }
    left -= buffer.size();
    queue_.PushBorrowed(buffer.data(), buffer.size(), left == 0);
  }
  borrower_ = [completion = std::move(handler), total](Error error) mutable {
    std::move(completion)(error, error ? 0 : total);
  };
}

template <class Stream>
void QueuedLayer<Stream>::NoteCloseFrame(const uint8_t* frame, size_t size) {
  if (frame[0] != kCloseFrame || close_queued_) return;
  close_queued_ = true;
  DiscardUnbegun();
  const bool has_code = size >= 4 && frame[1] >= 2;
  owner_.OnCloseQueued(has_code ? static_cast<uint16_t>(frame[2] << 8 | frame[3]) : 0);
}

template <class Stream>
void QueuedLayer<Stream>::Abort() {
  if (closed_) return;
  closed_ = true;
  this->Unlink();
  queue_.Clear();
  Error ignored;
  socket().close(ignored);
  if (!borrower_) return;
  boost::asio::post(get_executor(), [borrower = std::move(borrower_)]() mutable {
    borrower(boost::asio::error::operation_aborted);
  });
}

template <class Stream>
size_t QueuedLayer<Stream>::Flush() {
  if (closed_ || queue_.empty() || this->writing()) return 0;
  const WriteResult result = this->Write(queue_, [this] {
    return [this, keep = owner_.KeepAlive()](Error error, const WriteResult& written) {
      Resume(error, written);
    };
  });
  Settle(result);
  return result.bytes;
}

template <class Stream>
void QueuedLayer<Stream>::Resume(Error error, const WriteResult& written) {
  if (closed_) return;
  if (error) return owner_.OnWriteFailed();
  if (written.bytes > 0) flush_.CountSent(written.bytes);
  Settle(written);
  if (!closed_ && !queue_.empty()) flush_.Add(*this);
}

template <class Stream>
void QueuedLayer<Stream>::Settle(const WriteResult& result) {
  if (result.failed) return owner_.OnWriteFailed();
  if (result.bytes == 0) return;
  last_progress_ = flush_.turn_time();
  if (result.completed.ping) ping_queued_ = false;
  if (result.completed.borrowed) {
    // Beast may queue its next write in this call.
    auto borrower = std::exchange(borrower_, nullptr);
    borrower(Error());
  }
  if (closed_ || !writable_mark_.has_value() || unsent_bytes() > *writable_mark_) return;
  writable_mark_.reset();
  owner_.OnWritable();
}

}  // namespace entitysync::ws
