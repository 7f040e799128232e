#include "bench/lib/stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <cerrno>

namespace entitysync::bench {
namespace {

bool IsForNow(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

ssize_t Stream::Read(std::span<char> buffer) {
  if (tls_) {
    return ResultOf(SSL_read(tls_.get(), buffer.data(), static_cast<int>(buffer.size())));
  }
  const ssize_t got = recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (got > 0) return got;
  return got < 0 && IsForNow(errno) ? kNotNow : kGone;
}

ssize_t Stream::Write(std::string_view bytes) {
  if (tls_) {
    return ResultOf(SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())));
  }
  const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent > 0) return sent;
  return sent < 0 && IsForNow(errno) ? kNotNow : kGone;
}

ssize_t Stream::ResultOf(int returned) const {
  if (returned > 0) return returned;
  const int error = SSL_get_error(tls_.get(), returned);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return kNotNow;
  ERR_clear_error();  // The queue is the thread's: the next connection must not find it.
  return kGone;
}

}  // namespace entitysync::bench
