#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "bench/lib/socket.h"
#include "bench/lib/tls.h"

namespace entitysync::bench {

// A non-blocking connection, with TLS or without. Owner: whose connection it is. Threading: none of
// its own. Errors: kGone, after which it is of no more use.
class Stream {
 public:
  static constexpr ssize_t kNotNow = 0;
  static constexpr ssize_t kGone = -1;

  Stream() = default;
  explicit Stream(Fd socket) : socket_(std::move(socket)) {}
  Stream(Fd socket, const TlsContext& tls)
      : socket_(std::move(socket)), tls_(tls.Wrap(socket_.get())) {}

  int fd() const { return socket_.get(); }
  bool is_tls() const { return tls_ != nullptr; }
  void Close() {
    tls_.reset();
    socket_.Close();
  }

  // How many bytes, or one of the two above.
  ssize_t Read(std::span<char> buffer);
  ssize_t Write(std::string_view bytes);

 private:
  ssize_t ResultOf(int returned) const;

  Fd socket_;
  std::unique_ptr<SSL, SslDeleter> tls_;
};

}  // namespace entitysync::bench
