#include "tests/testing/tcp_gate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <deque>
#include <limits>
#include <string>

namespace entitysync::testing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMaxBuffered = 4 * 1024 * 1024;

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int ConnectTo(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
  close(fd);
  return -1;
}

void Prepare(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  fcntl(fd, F_SETFL, O_NONBLOCK);
}

struct Chunk {
  Clock::time_point due;
  std::string bytes;
};

}  // namespace

// A client's socket and the one to the target; what is on its way to each.
struct TcpGate::Connection {
  std::array<int, 2> fds;
  std::array<std::deque<Chunk>, 2> queues;  // queues[i] goes to fds[i].
  std::array<size_t, 2> buffered = {0, 0};
  bool broken = false;

  Connection(int client, int target) : fds{client, target} {}
  ~Connection() {
    for (const int fd : fds) close(fd);
  }

  // Whether bytes for fds[side] may go now.
  bool IsDue(int side) const {
    return !queues[side].empty() && queues[side].front().due <= Clock::now();
  }

  void Read(int side, std::chrono::milliseconds delay) {
    std::array<char, 64 * 1024> bytes;
    const ssize_t size = recv(fds[side], bytes.data(), bytes.size(), 0);
    if (size > 0) {
      const auto count = static_cast<size_t>(size);
      queues[1 - side].push_back({Clock::now() + delay, std::string(bytes.data(), count)});
      buffered[1 - side] += count;
    } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
      broken = true;
    }
  }

  void Write(int side) {
    while (IsDue(side)) {
      std::string& bytes = queues[side].front().bytes;
      const ssize_t size = send(fds[side], bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size < 0) {
        broken = broken || (errno != EAGAIN && errno != EINTR);
        return;
      }
      buffered[side] -= static_cast<size_t>(size);
      bytes.erase(0, static_cast<size_t>(size));
      if (bytes.empty()) queues[side].pop_front();
    }
  }
};

TcpGate::TcpGate(uint16_t target_port) : target_port_(target_port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  const bool listening =
      bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
      listen(listener_, 128) == 0 &&
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (!listening || wake_ < 0) std::abort();
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

TcpGate::~TcpGate() {
  stopping_ = true;
  SetMode(Mode::kCut);
  thread_.join();
  close(listener_);
  close(wake_);
}

void TcpGate::Pass(std::chrono::milliseconds delay) {
  delay_ms_ = delay.count();
  SetMode(Mode::kPass);
}

void TcpGate::Cut() { SetMode(Mode::kCut); }

void TcpGate::BlackHole() { SetMode(Mode::kBlackHole); }

// Returns when the thread has acted upon it, so that Cut and Pass in a row do cut.
void TcpGate::SetMode(Mode mode) {
  mode_ = mode;
  const uint64_t request = ++requested_;
  const uint64_t one = 1;
  if (write(wake_, &one, sizeof(one)) < 0) std::abort();
  for (uint64_t served = served_; served < request; served = served_) served_.wait(served);
}

void TcpGate::Run() {
  while (!stopping_) {
    Wait();
    const uint64_t request = requested_;
    const Mode mode = mode_;
    Accept(mode);
    if (mode == Mode::kCut) connections_.clear();
    if (mode == Mode::kPass) Carry();
    served_ = request;
    served_.notify_all();
  }
  served_ = std::numeric_limits<uint64_t>::max();
  served_.notify_all();
}

void TcpGate::Carry() {
  const std::chrono::milliseconds delay(delay_ms_);
  for (const auto& connection : connections_) {
    for (const int side : {0, 1}) {
      if (connection->buffered[1 - side] < kMaxBuffered) connection->Read(side, delay);
      connection->Write(side);
      connection->Write(1 - side);
    }
  }
  std::erase_if(connections_, [](const auto& connection) { return connection->broken; });
}

// Waits until a socket is ready, the next bytes are due, or the mode changes.
void TcpGate::Wait() {
  std::vector<pollfd> polled = {{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
  int timeout = -1;
  for (const auto& connection : connections_) {
    if (mode_ != Mode::kPass) break;
    for (const int side : {0, 1}) {
      short events = connection->buffered[1 - side] < kMaxBuffered ? POLLIN : 0;
      if (connection->IsDue(side)) {
        events |= POLLOUT;
      } else if (!connection->queues[side].empty()) {
        timeout = 1;
      }
      polled.push_back({connection->fds[side], events, 0});
    }
  }
  poll(polled.data(), polled.size(), timeout);
  uint64_t ignored = 0;
  while (read(wake_, &ignored, sizeof(ignored)) > 0) {
  }
}

void TcpGate::Accept(Mode mode) {
  while (true) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const int target = mode == Mode::kCut ? -1 : ConnectTo(target_port_);
    if (target < 0) {
      close(client);
      continue;
    }
    Prepare(client);
    Prepare(target);
    connections_.push_back(std::make_unique<Connection>(client, target));
  }
}

}  // namespace entitysync::testing
