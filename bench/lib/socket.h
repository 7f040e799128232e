#pragma once

#include <absl/status/statusor.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

namespace entitysync::bench {

// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int value) : value_(value) {}
  ~Fd() { Close(); }
  Fd(Fd&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }

  int get() const { return value_; }
  bool is_open() const { return value_ >= 0; }
  void Close() {
    if (value_ >= 0) close(std::exchange(value_, -1));
  }

 private:
  int value_ = -1;
};

// "IPv4 address:port".
absl::StatusOr<sockaddr_in> ParseAddress(const std::string& text);

// Non-blocking, with TCP_NODELAY and a send buffer of this size (0: the system's), which accepted
// sockets inherit; the queue of those that wait is as long as the kernel allows.
absl::StatusOr<Fd> Listen(const std::string& address, int send_buffer_bytes);
uint16_t PortOf(const Fd& socket);

// Connects and waits for it; blocking, with TCP_NODELAY.
absl::StatusOr<Fd> ConnectBlocking(const std::string& address);

// Of a blocking socket: all or an error.
absl::Status SendAll(const Fd& socket, const void* data, size_t bytes);
absl::Status ReceiveAll(const Fd& socket, void* data, size_t bytes);

// As many file descriptors as this process may have.
void RaiseDescriptorLimit();

}  // namespace entitysync::bench
