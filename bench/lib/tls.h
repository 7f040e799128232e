#pragma once

#include <absl/status/statusor.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace entitysync::bench {

struct SslDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* session) const { SSL_free(session); }
};

// The set-up that TLS connections have in common, and sessions from it.
//
// Owner: the program; sessions keep what they need of it. Threading: Wrap from any thread.
class TlsContext {
 public:
  // Takes whatever certificate a server shows: measurements sign their own.
  static TlsContext ForClients();
  // PEM files.
  static absl::StatusOr<TlsContext> ForServer(const std::string& cert, const std::string& key);

  // A session over a connected socket, which it does not own. The handshake happens with the first
  // reads and writes.
  std::unique_ptr<SSL, SslDeleter> Wrap(int socket) const;

 private:
  TlsContext(const SSL_METHOD* method, bool is_server);

  std::unique_ptr<SSL_CTX, SslDeleter> context_;
  bool is_server_;
};

}  // namespace entitysync::bench
