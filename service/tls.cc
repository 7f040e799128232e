#include "service/tls.h"

#include <absl/strings/str_cat.h>

#include <fstream>
#include <iterator>
#include <string>

namespace entitysync::service {
namespace {

// Reads `path` into `text`; an empty path leaves it empty.
absl::Status ReadFile(const std::string& path, std::string& text) {
  if (path.empty()) return absl::OkStatus();
  std::ifstream file(path, std::ios::binary);
  text.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  if (!file || text.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot read ", path, ": check that it exists, is readable and not empty"));
  }
  return absl::OkStatus();
}

absl::Status CheckPair(const std::string& certificate, const std::string& key) {
  if (certificate.empty() == key.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError("TLS needs certificate_file and key_file, or neither");
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(
    const ClientTls& tls) {
  if (!tls.enabled) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  absl::Status status = CheckPair(tls.certificate_file, tls.key_file);
  if (status.ok()) status = ReadFile(tls.ca_file, options.pem_root_certs);
  if (status.ok()) status = ReadFile(tls.certificate_file, options.pem_cert_chain);
  if (status.ok()) status = ReadFile(tls.key_file, options.pem_private_key);
  if (!status.ok()) return status;
  return grpc::SslCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const ServerTls& tls) {
  absl::Status status = CheckPair(tls.certificate_file, tls.key_file);
  if (!status.ok()) return status;
  if (tls.certificate_file.empty()) {
    if (tls.client_ca_file.empty()) return grpc::InsecureServerCredentials();
    return absl::InvalidArgumentError("client_ca_file needs certificate_file and key_file as well");
  }
  grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  grpc::SslServerCredentialsOptions options(
      tls.client_ca_file.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                 : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  status = ReadFile(tls.certificate_file, pair.cert_chain);
  if (status.ok()) status = ReadFile(tls.key_file, pair.private_key);
  if (status.ok()) status = ReadFile(tls.client_ca_file, options.pem_root_certs);
  if (!status.ok()) return status;
  options.pem_key_cert_pairs.push_back(std::move(pair));
  return grpc::SslServerCredentials(options);
}

}  // namespace entitysync::service
