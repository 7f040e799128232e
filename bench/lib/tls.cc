#include "bench/lib/tls.h"

#include <absl/strings/str_cat.h>

namespace entitysync::bench {

TlsContext::TlsContext(const SSL_METHOD* method, bool is_server)
    : context_(SSL_CTX_new(method)), is_server_(is_server) {
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context_.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
}

TlsContext TlsContext::ForClients() {
  TlsContext context(TLS_client_method(), /*is_server=*/false);
  SSL_CTX_set_verify(context.context_.get(), SSL_VERIFY_NONE, nullptr);
  // Else each record takes two reads, one for its header.
  SSL_CTX_set_read_ahead(context.context_.get(), 1);
  return context;
}

absl::StatusOr<TlsContext> TlsContext::ForServer(const std::string& cert, const std::string& key) {
  TlsContext context(TLS_server_method(), /*is_server=*/true);
  SSL_CTX* const native = context.context_.get();
  if (SSL_CTX_use_certificate_chain_file(native, cert.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(native, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(native) != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(cert, " and ", key, " are no PEM certificate and its key: name both files"));
  }
  return context;
}

std::unique_ptr<SSL, SslDeleter> TlsContext::Wrap(int socket) const {
  std::unique_ptr<SSL, SslDeleter> session(SSL_new(context_.get()));
  SSL_set_fd(session.get(), socket);
  if (is_server_) {
    SSL_set_accept_state(session.get());
  } else {
    SSL_set_connect_state(session.get());
  }
  return session;
}

}  // namespace entitysync::bench
