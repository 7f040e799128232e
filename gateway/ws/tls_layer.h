#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <utility>

#include "gateway/ws/layer_writer.h"
#include "gateway/ws/output_queue.h"
#include "gateway/ws/teardown.h"
#include "gateway/ws/tls_sender.h"
#include "gateway/ws/tls_socket.h"

// What makes a QueuedLayer one over TLS; included by the file that makes such connections.
namespace entitysync::ws {

template <>
class LayerWriter<TlsSocket> {
 public:
  LayerWriter(TcpSocket socket, boost::asio::ssl::context& context, TlsScratch& scratch)
      : stream_(std::move(socket), context, scratch), sender_(stream_) {}

  TcpSocket& socket() { return stream_.next_layer(); }
  bool writing() const { return waiting_; }
  size_t bytes_in_flight() const { return sender_.bytes_in_flight(); }

  template <class MakeResume>
  WriteResult Write(OutputQueue& queue, const MakeResume& make_resume) {
    WriteResult result;
    for (int round = 0; round < kMaxRounds && !queue.empty() && !sender_.is_blocked(); ++round) {
      const WriteResult sent = sender_.SendBatch(queue);
      result.bytes += sent.bytes;
      result.completed.Add(sent.completed);
      result.failed = sent.failed;
      if (result.failed) return result;
    }
    if (!queue.empty() || sender_.is_blocked()) WaitUntilWritable(make_resume());
    return result;
  }

 protected:
  TlsSocket stream_;

 private:
  static constexpr int kMaxRounds = 16;  // Then other connections have their turn.

  template <class Resume>
  void WaitUntilWritable(Resume resume) {
    waiting_ = true;
    socket().async_wait(TcpSocket::wait_write, [this, resume = std::move(resume)](
                                                   const boost::system::error_code& error) mutable {
      const WriteResult written = error ? WriteResult{} : sender_.SendOn();
      waiting_ = !error && !written.failed && sender_.is_blocked();
      resume(error, written);
      if (waiting_) WaitUntilWritable(std::move(resume));
    });
  }

  TlsSender sender_;
  bool waiting_ = false;
};

template <class Handler>
void Teardown(TlsSocket& stream, Handler handler) {
  stream.async_shutdown([&stream, handler = std::move(handler)](boost::system::error_code) mutable {
    Teardown(stream.next_layer(), std::move(handler));
  });
}

}  // namespace entitysync::ws
