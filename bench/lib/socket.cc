#include "bench/lib/socket.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace entitysync::bench {
namespace {

constexpr int kBacklog = 65'535;  // The kernel cuts it to somaxconn.

absl::Status Failure(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", strerror(errno)));
}

bool SetOption(const Fd& socket, int level, int name, int value) {
  return setsockopt(socket.get(), level, name, &value, sizeof(value)) == 0;
}

}  // namespace

absl::StatusOr<sockaddr_in> ParseAddress(const std::string& text) {
  const size_t colon = text.rfind(':');
  uint32_t port = 0;
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  if (colon == std::string::npos || !absl::SimpleAtoi(text.substr(colon + 1), &port) ||
      port > 65'535 || inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is no address: write it like 127.0.0.1:8080"));
  }
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

absl::StatusOr<Fd> Listen(const std::string& address, int send_buffer_bytes) {
  const absl::StatusOr<sockaddr_in> parsed = ParseAddress(address);
  if (!parsed.ok()) return parsed.status();
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const bool ready =
      socket.is_open() && SetOption(socket, SOL_SOCKET, SO_REUSEADDR, 1) &&
      SetOption(socket, IPPROTO_TCP, TCP_NODELAY, 1) &&
      (send_buffer_bytes == 0 || SetOption(socket, SOL_SOCKET, SO_SNDBUF, send_buffer_bytes)) &&
      bind(socket.get(), reinterpret_cast<const sockaddr*>(&*parsed), sizeof(*parsed)) == 0 &&
      listen(socket.get(), kBacklog) == 0;
  if (!ready) return Failure(absl::StrCat("cannot listen on ", address));
  return socket;
}

uint16_t PortOf(const Fd& socket) {
  sockaddr_in bound = {};
  socklen_t size = sizeof(bound);
  getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  return ntohs(bound.sin_port);
}

absl::StatusOr<Fd> ConnectBlocking(const std::string& address) {
  const absl::StatusOr<sockaddr_in> parsed = ParseAddress(address);
  if (!parsed.ok()) return parsed.status();
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const bool connected =
      socket.is_open() && SetOption(socket, IPPROTO_TCP, TCP_NODELAY, 1) &&
      connect(socket.get(), reinterpret_cast<const sockaddr*>(&*parsed), sizeof(*parsed)) == 0;
  if (!connected) return Failure(absl::StrCat("cannot connect to ", address));
  return socket;
}

absl::Status SendAll(const Fd& socket, const void* data, size_t bytes) {
  const char* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t sent = send(socket.get(), at, bytes, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return Failure("cannot send");
    at += sent;
    bytes -= static_cast<size_t>(sent);
  }
  return absl::OkStatus();
}

absl::Status ReceiveAll(const Fd& socket, void* data, size_t bytes) {
  const ssize_t got = recv(socket.get(), data, bytes, MSG_WAITALL);
  return got == static_cast<ssize_t>(bytes) ? absl::OkStatus() : Failure("cannot receive");
}

void RaiseDescriptorLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace entitysync::bench
