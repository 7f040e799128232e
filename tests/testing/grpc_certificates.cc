#include "tests/testing/grpc_certificates.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdlib>

namespace entitysync::testing {
namespace {

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;

void Check(bool ok) {
  if (!ok) std::abort();
}

template <typename Write>
std::string ToPem(Write write) {
  BIO* const memory = BIO_new(BIO_s_mem());
  Check(memory != nullptr && write(memory) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string pem(data, static_cast<size_t>(size));
  BIO_free(memory);
  return pem;
}

void AddExtension(X509* cert, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  Check(extension != nullptr && X509_add_ext(cert, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

Certificate NewCertificate(const char* name, long serial, EVP_PKEY* key) {
  Certificate cert(X509_new());
  Check(X509_set_version(cert.get(), 2) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
  X509_set_pubkey(cert.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  return cert;
}

std::string CertPem(X509* cert) {
  return ToPem([cert](BIO* out) { return PEM_write_bio_X509(out, cert); });
}

}  // namespace

struct TestAuthority::Keys {
  Key key;
  Certificate cert;
  long next_serial = 2;
};

TestAuthority::TestAuthority() : keys_(std::make_unique<Keys>()) {
  keys_->key.reset(EVP_EC_gen("P-256"));
  keys_->cert = NewCertificate("Entity Sync test authority", 1, keys_->key.get());
  X509* const cert = keys_->cert.get();
  X509_set_issuer_name(cert, X509_get_subject_name(cert));
  AddExtension(cert, cert, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(cert, cert, NID_key_usage, "critical,keyCertSign");
  Check(X509_sign(cert, keys_->key.get(), EVP_sha256()) > 0);
  cert_ = CertPem(cert);
}

TestAuthority::~TestAuthority() = default;

TestCertificate TestAuthority::Issue() {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate cert = NewCertificate("localhost", keys_->next_serial++, key.get());
  X509_set_issuer_name(cert.get(), X509_get_subject_name(keys_->cert.get()));
  AddExtension(cert.get(), keys_->cert.get(), NID_subject_alt_name,
               "DNS:localhost,IP:127.0.0.1,IP:::1");
  AddExtension(cert.get(), keys_->cert.get(), NID_ext_key_usage, "serverAuth,clientAuth");
  Check(X509_sign(cert.get(), keys_->key.get(), EVP_sha256()) > 0);
  return {CertPem(cert.get()), ToPem([&key](BIO* out) {
            return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

TestFile::TestFile(const std::string& content)
    : path_(::testing::TempDir() + "entity-sync-test-XXXXXX") {
  const int file = mkstemp(path_.data());
  Check(file >= 0 &&
        write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  close(file);
}

TestFile::~TestFile() { unlink(path_.c_str()); }

}  // namespace entitysync::testing
