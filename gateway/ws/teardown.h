#pragma once

#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>
#include <cerrno>
#include <utility>

#include "gateway/ws/sockets.h"

namespace entitysync::ws {

// The end of a connection to which we said the last word: half closes, discards what still comes
// and calls `handler(error_code)` when the peer has closed too. Closing with unread bytes would
// make the kernel reset the connection, which could take our last word with it (Beast's own
// teardown gives up after one read). The caller's deadline bounds it. `handler` keeps the socket
// alive.
template <class Handler>
void DrainUntilClosed(TcpSocket& socket, Handler handler) {
  socket.async_wait(TcpSocket::wait_read, [&socket, handler = std::move(handler)](
                                              boost::system::error_code error) mutable {
    constexpr size_t kBytesPerCall = 64 * 1024;  // With MSG_TRUNC they are dropped, not copied.
    if (!error) {
      const ssize_t got =
          ::recv(socket.native_handle(), nullptr, kBytesPerCall, MSG_TRUNC | MSG_DONTWAIT);
      const bool goes_on = got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
      if (goes_on) return DrainUntilClosed(socket, std::move(handler));
      if (got < 0) error.assign(errno, boost::system::system_category());
    }
    handler(error);
  });
}

template <class Handler>
void Teardown(TcpSocket& socket, Handler handler) {
  boost::system::error_code ignored;  // Not connected any more: the wait below tells.
  socket.shutdown(TcpSocket::shutdown_send, ignored);
  DrainUntilClosed(socket, std::move(handler));
}

}  // namespace entitysync::ws
