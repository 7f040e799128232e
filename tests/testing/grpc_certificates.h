#pragma once

#include <memory>
#include <string>

namespace entitysync::testing {

// A certificate and its key, both in PEM.
struct TestCertificate {
  std::string cert;
  std::string key;
};

// A certificate authority that lives as long as a test, made with the OpenSSL library (P-256, one
// hour). Issued certificates are for 127.0.0.1, ::1 and localhost, servers and clients alike. Owned
// by one thread. A failure of OpenSSL ends the test program.
class TestAuthority {
 public:
  TestAuthority();
  ~TestAuthority();

  const std::string& cert() const { return cert_; }
  TestCertificate Issue();

 private:
  struct Keys;
  std::unique_ptr<Keys> keys_;
  std::string cert_;
};

// A file that lives as long as this object, below GoogleTest's temporary directory.
class TestFile {
 public:
  explicit TestFile(const std::string& content);
  ~TestFile();
  TestFile(const TestFile&) = delete;
  TestFile& operator=(const TestFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace entitysync::testing
