#pragma once

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <string>
#include <string_view>
#include <vector>

namespace entitysync::ws {

// A TLS client whose bytes the test carries, so that it sees every record.
class TlsPeer {
 public:
  TlsPeer() : context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_)) {
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_);
  }
  ~TlsPeer() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  SSL* ssl() { return ssl_; }

  // Goes on with the handshake; true when it is done.
  bool Handshake() { return SSL_do_handshake(ssl_) == 1; }

  void Write(std::string_view text) {
    EXPECT_EQ(SSL_write(ssl_, text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
  }

  // Makes new keys and asks the server to do the same.
  void UpdateKeys() {
    EXPECT_EQ(SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED), 1);
    EXPECT_EQ(SSL_do_handshake(ssl_), 1);
  }

  // The bytes for the server that are not taken yet.
  std::string TakeOutput() {
    std::string bytes(BIO_ctrl_pending(SSL_get_wbio(ssl_)), '\0');
    if (!bytes.empty()) BIO_read(SSL_get_wbio(ssl_), bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }

  // Bytes that came from the server; returns what they say.
  std::string Take(std::string_view bytes) {
    CountRecords(bytes);
    if (!bytes.empty()) BIO_write(SSL_get_rbio(ssl_), bytes.data(), static_cast<int>(bytes.size()));
    std::string text;
    char buffer[16 * 1024];
    for (int size = 0; (size = SSL_read(ssl_, buffer, sizeof(buffer))) > 0;)
      text.append(buffer, size);
    return text;
  }

  // The sizes of the records that carry data, as far as they came; sealed, headers not counted.
  const std::vector<size_t>& records() const { return records_; }
  void ForgetRecords() { records_.clear(); }

  bool got_goodbye() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }

 private:
  void CountRecords(std::string_view bytes) {
    constexpr size_t kHeader = 5;
    constexpr char kData = 23;
    partial_.append(bytes);
    while (partial_.size() >= kHeader) {
      const size_t size = static_cast<size_t>(static_cast<uint8_t>(partial_[3])) << 8 |
                          static_cast<uint8_t>(partial_[4]);
      if (partial_.size() < kHeader + size) return;
      if (partial_[0] == kData) records_.push_back(size);
      partial_.erase(0, kHeader + size);
    }
  }

  SSL_CTX* const context_;
  SSL* const ssl_;
  std::string partial_;
  std::vector<size_t> records_;
};

}  // namespace entitysync::ws
