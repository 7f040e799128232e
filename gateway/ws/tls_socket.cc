#include "gateway/ws/tls_socket.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <cassert>
#include <cerrno>
#include <new>
#include <span>
#include <string_view>

#include "gateway/ws/send_now.h"

namespace entitysync::ws {
namespace {

// How often one attempt asks the socket for bytes: with what is there a second time comes the rest
// of a record. A client can send TLS's own messages as fast as they are read, and OpenSSL reads on
// until there is data, so without a bound one call could go on forever.
constexpr int kReceivesPerAttempt = 2;

// More than a batch of records needs.
constexpr size_t kSealedKept = 128 * 1024;

ssize_t SendBytes(int socket, std::string_view bytes) {
  iovec segment{const_cast<char*>(bytes.data()), bytes.size()};
  return SendNow(socket, std::span(&segment, 1));
}

}  // namespace

// What OpenSSL reads from and writes to: the socket, and the scratch room.
struct TlsBio {
  static BIO* Make(TlsSocket& owner) {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "entity-sync");
      if (made == nullptr) throw std::bad_alloc();
      BIO_meth_set_read(made, &TlsBio::Read);
      BIO_meth_set_write(made, &TlsBio::Write);
      BIO_meth_set_ctrl(made, &TlsBio::Control);
      return made;
    }();
    BIO* const bio = BIO_new(method);
    if (bio == nullptr) throw std::bad_alloc();
    BIO_set_data(bio, &owner);
    BIO_set_init(bio, 1);
    return bio;
  }

  static TlsSocket& OwnerOf(BIO* bio) { return *static_cast<TlsSocket*>(BIO_get_data(bio)); }

  static int Read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    TlsSocket& owner = OwnerOf(bio);
    if (owner.receives_left_ == 0) {
      // What the socket still has makes it ready for the next attempt.
      BIO_set_retry_read(bio);
      return -1;
    }
    --owner.receives_left_;
    ssize_t got = 0;
    do {
      got = ::recv(owner.socket_.native_handle(), into, static_cast<size_t>(size), MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got > 0) return static_cast<int>(got);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      BIO_set_retry_read(bio);
    } else {
      owner.input_end_ = got == 0 ? TlsSocket::kEndOfInput : errno;
    }
    return static_cast<int>(got);
  }

  static int Write(BIO* bio, const char* from, int size) {
    BIO_clear_retry_flags(bio);
    OwnerOf(bio).scratch_.sealed.append(from, static_cast<size_t>(size));
    return size;
  }

  static long Control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
};

TlsSocket::TlsSocket(TcpSocket socket, boost::asio::ssl::context& context, TlsScratch& scratch)
    : socket_(std::move(socket)), scratch_(scratch), ssl_(SSL_new(context.native_handle())) {
  if (ssl_ == nullptr) throw std::bad_alloc();
  BIO* const bio = TlsBio::Make(*this);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_accept_state(ssl_);
}

TlsSocket::~TlsSocket() { SSL_free(ssl_); }

TlsSocket::Step TlsSocket::Handshake(Operation& operation) {
  if (SendFirst(Step::kDone, operation.error) == Step::kWrite) return Step::kWrite;
  if (operation.error) return Step::kDone;
  ERR_clear_error();
  receives_left_ = kReceivesPerAttempt;
  const Step step = StepAfter(SSL_do_handshake(ssl_), operation.error);
  return SendFirst(step, operation.error);
}

TlsSocket::Step TlsSocket::SayGoodbye(Operation& operation) {
  ERR_clear_error();
  // Said once: said twice it would wait for the peer's.
  if ((SSL_get_shutdown(ssl_) & SSL_SENT_SHUTDOWN) == 0) SSL_shutdown(ssl_);
  return SendFirst(Step::kDone, operation.error);
}

TlsSocket::Step TlsSocket::Read(Operation& operation) {
  if (owes_answer_) {
    if (SendFirst(Step::kDone, operation.error) == Step::kWrite) return Step::kWrite;
    owes_answer_ = false;
    if (operation.error) return Step::kDone;
  }
  ERR_clear_error();
  receives_left_ = kReceivesPerAttempt;
  const int result =
      SSL_read_ex(ssl_, operation.into.data(), operation.into.size(), &operation.bytes);
  const Step step = StepAfter(result, operation.error);
  if (scratch_.sealed.empty()) return step;
  // An answer to the peer's TLS, not to what it said in it.
  owes_answer_ = true;
  const Step next = SendFirst(step, operation.error);
  owes_answer_ = unsent_bytes() > 0;
  return step == Step::kDone ? step : next;
}

bool TlsSocket::Seal(const void* data, size_t size) {
  assert(size > 0 && size <= TlsScratch::kRecordBytes);
  ERR_clear_error();
  size_t sealed = 0;
  if (SSL_write_ex(ssl_, data, size, &sealed) == 1) return true;
  scratch_.sealed.clear();
  return false;
}

bool TlsSocket::Send() {
  std::string& sealed = scratch_.sealed;
  const bool is_behind = !unsent_.empty();
  if (is_behind) unsent_.append(sealed);
  const std::string_view rest =
      is_behind ? std::string_view(unsent_).substr(unsent_begin_) : std::string_view(sealed);
  const ssize_t sent = rest.empty() ? 0 : SendBytes(socket_.native_handle(), rest);
  if (sent == static_cast<ssize_t>(rest.size())) {
    std::string().swap(unsent_);  // Assigning an empty one would keep the memory.
    unsent_begin_ = 0;
  } else if (sent >= 0 && is_behind) {
    unsent_begin_ += static_cast<size_t>(sent);
  } else if (sent >= 0) {
    unsent_ = rest.substr(static_cast<size_t>(sent));
  }
  if (sealed.capacity() > kSealedKept) {
    std::string().swap(sealed);
  } else {
    sealed.clear();
  }
  return sent >= 0;
}

TlsSocket::Step TlsSocket::SendFirst(Step then, Error& error) {
  if (!Send()) {
    error = boost::asio::error::connection_reset;
    return Step::kDone;
  }
  return unsent_bytes() == 0 ? then : Step::kWrite;
}

TlsSocket::Step TlsSocket::StepAfter(int result, Error& error) const {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_NONE:
      return Step::kDone;
    case SSL_ERROR_WANT_READ:
      return Step::kRead;
    case SSL_ERROR_ZERO_RETURN:
      error = boost::asio::error::eof;
      return Step::kDone;
    default:
      error = HowInputEnded();
      return Step::kDone;
  }
}

TlsSocket::Error TlsSocket::HowInputEnded() const {
  if (input_end_ == kEndOfInput) return boost::asio::error::eof;
  if (input_end_ != 0) return {input_end_, boost::system::system_category()};
  return boost::asio::error::connection_aborted;
}

bool TlsSocket::HasInput() const { return SSL_has_pending(ssl_) == 1; }

}  // namespace entitysync::ws
