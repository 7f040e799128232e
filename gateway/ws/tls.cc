#include "gateway/ws/tls.h"

#include <absl/strings/str_cat.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <string>

namespace entitysync::ws {
namespace {

namespace ssl = boost::asio::ssl;

absl::Status CheckReadable(const std::string& path, absl::string_view setting) {
  if (path.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("TLS needs cert_file and key_file; ", setting, " is not set"));
  }
  if (::access(path.c_str(), R_OK) != 0) {
    return absl::NotFoundError(absl::StrCat("cannot read ", setting, " ", path,
                                            "; name a PEM file that the gateway's user may read"));
  }
  return absl::OkStatus();
}

absl::Status LoadFiles(const TlsOptions& options, ssl::context& context) {
  boost::system::error_code error;
  if (context.use_certificate_chain_file(options.cert_file, error); error) {
    return absl::InvalidArgumentError(absl::StrCat(
        "cert_file ", options.cert_file, " is no PEM certificate chain: ", error.message()));
  }
  if (context.use_private_key_file(options.key_file, ssl::context::pem, error); error) {
    return absl::InvalidArgumentError(absl::StrCat("key_file ", options.key_file,
                                                   " is no PEM private key of the certificate in ",
                                                   options.cert_file, ": ", error.message()));
  }
  if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "key_file ", options.key_file, " does not belong to cert_file ", options.cert_file));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<ssl::context>> MakeTlsContext(const TlsOptions& options) {
  for (const absl::Status& status : {CheckReadable(options.cert_file, "cert_file"),
                                     CheckReadable(options.key_file, "key_file")}) {
    if (!status.ok()) return status;
  }
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(
      native, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
  // A record is read with one system call instead of two. Connections give their record buffers
  // back when these are empty.
  SSL_CTX_set_read_ahead(native, 1);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  // Sessions are resumed by ticket; a cache of them would only grow.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  // A key with a passphrase is refused instead of asked for on the terminal.
  SSL_CTX_set_default_passwd_cb(native, [](char*, int, int, void*) { return 0; });
  if (absl::Status status = LoadFiles(options, *context); !status.ok()) return status;
  return context;
}

}  // namespace entitysync::ws
