#pragma once

#include <array>
#include <boost/asio/error.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "gateway/ws/output_queue.h"
#include "gateway/ws/send_now.h"
#include "gateway/ws/sockets.h"
#include "gateway/ws/write_result.h"

namespace entitysync::ws {

// How a QueuedLayer puts its queue into its socket; a specialisation per kind of socket.
//
// Write takes what the socket accepts out of the queue. `make_resume` makes a handler
// void(error_code, WriteResult) that keeps the connection alive; it is made and called only where
// writing cannot go on at once, with what was written meanwhile.
template <class Stream>
class LayerWriter;

// Plain TCP: up to 64 segments per system call, nothing copied.
template <>
class LayerWriter<TcpSocket> {
 public:
  explicit LayerWriter(TcpSocket socket) : stream_(std::move(socket)) {}

  TcpSocket& socket() { return stream_; }
  bool writing() const { return waiting_; }
  size_t bytes_in_flight() const { return 0; }

  template <class MakeResume>
  WriteResult Write(OutputQueue& queue, const MakeResume& make_resume) {
    WriteResult result;
    for (int round = 0; round < kMaxRounds && !queue.empty(); ++round) {
      std::array<iovec, kMaxSegments> segments;
      const ssize_t sent =
          SendNow(stream_.native_handle(), std::span(segments.data(), queue.Gather(segments)));
      result.failed = sent < 0;
      if (result.failed) return result;
      if (sent == 0) break;
      const auto bytes = static_cast<size_t>(sent);
      result.completed.Add(queue.Consume(bytes));
      result.bytes += bytes;
    }
    if (!queue.empty()) WaitUntilWritable(make_resume());
    return result;
  }

 protected:
  TcpSocket stream_;

 private:
  static constexpr size_t kMaxSegments = 64;
  static constexpr int kMaxRounds = 16;  // Then other connections have their turn.

  template <class Resume>
  void WaitUntilWritable(Resume resume) {
    waiting_ = true;
    stream_.async_wait(TcpSocket::wait_write,
                       [this, resume = std::move(resume)](const boost::system::error_code& error) {
                         waiting_ = false;
                         resume(error, WriteResult{});
                       });
  }

  bool waiting_ = false;
};

// Whom a QueuedLayer serves: the connection.
class LayerOwner {
 public:
  // Keeps the connection, and the layer in it, alive while an operation is pending.
  virtual std::shared_ptr<void> KeepAlive() = 0;

  // Beast asks for bytes: those it had, if any, are used up. Comes also within the header of a
  // frame, of which Beast itself tells nothing.
  virtual void OnReadBegun() = 0;

  // There is room, as was asked for with WantWritable.
  virtual void OnWritable() = 0;

  // The socket is broken.
  virtual void OnWriteFailed() = 0;

  // Beast is about to send a close frame with `code` (0: none).
  virtual void OnCloseQueued(uint16_t code) = 0;

 protected:
  ~LayerOwner() = default;
};

}  // namespace entitysync::ws
