#include "bench/load/connect_job.h"

#include <absl/strings/str_cat.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace entitysync::bench {
namespace {

constexpr uint32_t kFirstSource = 0x7F00'0002;  // 127.0.0.2

void SetOption(const Fd& socket, int level, int name, int value) {
  setsockopt(socket.get(), level, name, &value, sizeof(value));
}

}  // namespace

ConnectJob::ConnectJob(const WatchGroup& group, uint32_t first, uint32_t step, int64_t now)
    : group_(group), next_(first), step_(step), began_ns_(now) {}

std::unique_ptr<Connection> ConnectJob::Next(int64_t now) {
  while (!is_over_ && next_ < group_.plan.connections() && pending_ < group_.at_once) {
    if (group_.rate > 0 && static_cast<double>(begun_) >=
                               static_cast<double>(now - began_ns_) * 1e-9 * group_.rate + 1) {
      return nullptr;
    }
    const uint32_t index = next_;
    next_ += step_;
    ++begun_;
    ++pending_;
    Fd socket = Start(index);
    if (!socket.is_open()) {
      Failed(absl::StrCat("cannot connect: ", strerror(errno)));
      continue;
    }
    auto connection = std::make_unique<Connection>();
    connection->socket =
        group_.tls != nullptr ? Stream(std::move(socket), *group_.tls) : Stream(std::move(socket));
    connection->index = index;
    connection->group = &group_;
    connection->began_ns = now;
    return connection;
  }
  return nullptr;
}

Fd ConnectJob::Start(uint32_t index) {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return socket;
  SetOption(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  if (group_.receive_buffer > 0) {
    SetOption(socket, SOL_SOCKET, SO_RCVBUF, group_.receive_buffer);
  }
  if (group_.source_addresses > 0) {
    sockaddr_in source = {};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl(kFirstSource + index % group_.source_addresses);
    // The port is chosen when the other end is known, so each address has all ports anew.
    SetOption(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&source), sizeof(source)) != 0) {
      return Fd();
    }
  }
  const sockaddr_in& target = group_.targets[index % group_.targets.size()];
  const int result =
      connect(socket.get(), reinterpret_cast<const sockaddr*>(&target), sizeof(target));
  if (result != 0 && errno != EINPROGRESS) return Fd();
  return socket;
}

void ConnectJob::Opened(const Connection& connection, int64_t now) {
  --pending_;
  ++result_.connected;
  if (connection.is_compressed) ++result_.compressed;
  result_.handshakes.Add(now - connection.began_ns);
}

void ConnectJob::Failed(const std::string& why) {
  --pending_;
  ++result_.failed;
  if (result_.first_failure.empty()) result_.first_failure = why;
}

void ConnectJob::CheckTime(int64_t now) {
  if (is_over_ || now - began_ns_ < group_.timeout_ns) return;
  is_over_ = true;
  result_.failed += pending_;
  pending_ = 0;
  for (; next_ < group_.plan.connections(); next_ += step_) ++result_.failed;
  if (result_.first_failure.empty()) result_.first_failure = "not open in time";
}

int ConnectJob::WaitMs(int64_t now) const {
  if (is_done()) return -1;
  return group_.rate > 0 ? 1
                         : static_cast<int>(std::max<int64_t>(
                               1, (began_ns_ + group_.timeout_ns - now) / 1'000'000 + 1));
}

}  // namespace entitysync::bench
