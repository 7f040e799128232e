#pragma once

#include <openssl/types.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "gateway/ws/sockets.h"

namespace entitysync::ws {

// Room that all TLS connections of a worker share: each needs it during a call only.
struct TlsScratch {
  static constexpr size_t kRecordBytes = 16 * 1024;  // The most that a TLS record holds.

  std::array<char, kRecordBytes> gathered;  // What becomes one record.
  std::string sealed;  // The records that OpenSSL made in the call under way, to be sent together.
};

// The server's end of a TLS connection over a socket of one loop.
//
// Purpose: asio's ssl::stream keeps 68 KiB of buffers for each connection and takes a system call
//   for each record. Here OpenSSL reads from the socket itself, and what it writes is gathered in
//   the worker's scratch room and sent with one call; a connection keeps bytes of its own only
//   while the kernel takes no more.
// Owner and lifetime: a member of the connection's layer; handlers keep the connection alive.
// Threading: the connection's loop.
// Limits: an attempt to read or to shake hands takes a bounded number of bytes from the socket. Of
//   sealed bytes that the kernel did not take there are one batch of its user's, and what answers
//   the peer's own TLS messages during one read: while that is unsent, nothing is read.
// Errors: handlers get what the socket said, eof when the peer ended TLS or TCP, connection_aborted
//   when it broke the protocol.
class TlsSocket {
 public:
  using executor_type = LoopExecutor;
  using Error = boost::system::error_code;

  TlsSocket(TcpSocket socket, boost::asio::ssl::context& context, TlsScratch& scratch);
  ~TlsSocket();
  TlsSocket(const TlsSocket&) = delete;
  TlsSocket& operator=(const TlsSocket&) = delete;

  executor_type get_executor() { return socket_.get_executor(); }
  TcpSocket& next_layer() { return socket_; }
  TlsScratch& scratch() { return scratch_; }

  // Shakes hands as a server, then calls `handler(error)`; never within this call.
  template <class Handler>
  void async_handshake(Handler handler) {
    Wait(Step::kRead, {&TlsSocket::Handshake},
         [handler = std::move(handler)](Error error, size_t) mutable { handler(error); });
  }

  // Says that nothing follows (close_notify), and calls `handler(error)` when that is sent.
  template <class Handler>
  void async_shutdown(Handler handler) {
    Wait(Step::kWrite, {&TlsSocket::SayGoodbye},
         [handler = std::move(handler)](Error error, size_t) mutable { handler(error); });
  }

  // Reads into the first of the buffers and calls `handler(error, bytes)`; never within this call.
  template <class Buffers, class Handler>
  void async_read_some(const Buffers& into, Handler handler);

  // Seals up to TlsScratch::kRecordBytes as one record, for Send. False: TLS is over; it also is
  // for a peer of TLS 1.3 that has sent a part of one of TLS's own messages (a request for new keys
  // cut in two), upon which OpenSSL writes nothing. No client is known to do that.
  bool Seal(const void* data, size_t size);

  // Puts what was sealed into the kernel, as far as it takes it. False: the socket is broken.
  bool Send();

  // Sealed and not in the kernel.
  size_t unsent_bytes() const { return scratch_.sealed.size() + unsent_.size() - unsent_begin_; }

 private:
  friend struct TlsBio;

  // What an operation waits for.
  enum class Step : uint8_t { kRead, kWrite, kDone };

  struct Operation {
    Step (TlsSocket::*attempt)(Operation&);
    boost::asio::mutable_buffer into = {};
    Error error = {};
    size_t bytes = 0;
  };

  Step Handshake(Operation& operation);
  Step SayGoodbye(Operation& operation);
  Step Read(Operation& operation);
  Step StepAfter(int result, Error& error) const;
  Error HowInputEnded() const;
  // Sends what is unsent; `then` if all is.
  Step SendFirst(Step then, Error& error);
  bool HasInput() const;

  // Attempts the operation whenever the socket is ready for it, until it is done.
  template <class Handler>
  void Wait(Step step, Operation operation, Handler handler);

  static constexpr int kEndOfInput = -1;

  TcpSocket socket_;
  TlsScratch& scratch_;
  SSL* const ssl_;
  std::string unsent_;        // What the kernel did not take,
  size_t unsent_begin_ = 0;   // from here on.
  bool owes_answer_ = false;  // Reading made some of it.
  int receives_left_ = 0;     // In the attempt under way.
  int input_end_ = 0;         // What the socket said: errno, or kEndOfInput.
};

template <class Buffers, class Handler>
void TlsSocket::async_read_some(const Buffers& into, Handler handler) {
  Operation read{&TlsSocket::Read};
  for (boost::asio::mutable_buffer buffer : boost::beast::buffers_range_ref(into)) {
    if (read.into.size() == 0) read.into = buffer;
  }
  // Of what OpenSSL has read ahead the socket tells nothing.
  const Step step = read.into.size() == 0 ? Step::kDone
                    : owes_answer_        ? Step::kWrite
                    : HasInput()          ? Read(read)
                                          : Step::kRead;
  if (step != Step::kDone) return Wait(step, read, std::move(handler));
  boost::asio::post(get_executor(),
                    boost::beast::bind_front_handler(std::move(handler), read.error, read.bytes));
}

template <class Handler>
void TlsSocket::Wait(Step step, Operation operation, Handler handler) {
  const auto event = step == Step::kWrite ? TcpSocket::wait_write : TcpSocket::wait_read;
  socket_.async_wait(event, [this, operation, handler = std::move(handler)](Error error) mutable {
    operation.error = error;
    const Step next = error ? Step::kDone : (this->*operation.attempt)(operation);
    if (next != Step::kDone) return Wait(next, operation, std::move(handler));
    std::move(handler)(operation.error, operation.bytes);
  });
}

}  // namespace entitysync::ws
