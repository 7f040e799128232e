#include "bench/floor/server.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "bench/lib/handshake.h"
#include "bench/lib/key_table.h"
#include "bench/lib/row.h"

namespace entitysync::bench {
namespace {

constexpr size_t kMaxHeadBytes = 8 * 1024;
constexpr size_t kBufferBytes = 256 * 1024;
constexpr std::string_view kSubscribe = R"("action":"subscribe")";
constexpr std::string_view kId = R"("id":")";

// Grows a table that is looked up by small numbers.
template <typename T>
T& At(std::vector<T>& table, size_t index) {
  if (table.size() <= index) table.resize(std::max(index + 1, table.size() * 2));
  return table[index];
}

}  // namespace

absl::StatusOr<std::unique_ptr<FloorServer>> FloorServer::Open(const FloorOptions& options) {
  std::optional<TlsContext> tls;
  if (!options.tls_cert.empty() || !options.tls_key.empty()) {
    absl::StatusOr<TlsContext> made = TlsContext::ForServer(options.tls_cert, options.tls_key);
    if (!made.ok()) return made.status();
    tls = *std::move(made);
  }
  absl::StatusOr<Fd> listener = Listen(options.listen, options.send_buffer_bytes);
  if (!listener.ok()) return listener.status();
  absl::StatusOr<Fd> control = Listen(options.control, 0);
  if (!control.ok()) return control.status();
  return std::unique_ptr<FloorServer>(
      new FloorServer(options, std::move(tls), *std::move(listener), *std::move(control)));
}

FloorServer::FloorServer(const FloorOptions& options, std::optional<TlsContext> tls, Fd listener,
                         Fd control_listener)
    : options_(options),
      tls_(std::move(tls)),
      listener_(std::move(listener)),
      control_listener_(std::move(control_listener)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      buffer_(kBufferBytes) {
  Watch(listener_.get());
  Watch(control_listener_.get());
  Watch(STDIN_FILENO);
}

void FloorServer::Watch(int fd) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = fd;
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

void FloorServer::Run() {
  std::array<epoll_event, 256> events;
  while (!input_ended_) {
    const int count = epoll_wait(epoll_.get(), events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) Serve(events[static_cast<size_t>(i)].data.fd);
  }
}

void FloorServer::Serve(int fd) {
  const auto index = static_cast<size_t>(fd);
  if (fd == listener_.get()) return AcceptClients();
  if (fd == control_listener_.get()) return AcceptControls();
  if (fd == STDIN_FILENO) return ReadInput();
  if (index < connections_.size() && connections_[index]) return ReadClient(*connections_[index]);
  if (index < controls_.size() && controls_[index]) ReadControl(*controls_[index]);
}

void FloorServer::ReadInput() {
  if (read(STDIN_FILENO, buffer_.data(), buffer_.size()) <= 0) input_ended_ = true;
}

void FloorServer::AcceptClients() {
  // The listening socket is level-triggered: who is left is accepted at the next turn.
  for (int i = 0; i < 64; ++i) {
    Fd socket(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.is_open()) return;
    const int fd = socket.get();
    auto& connection = At(connections_, static_cast<size_t>(fd));
    connection = std::make_unique<FloorConnection>();
    connection->socket = tls_ ? Stream(std::move(socket), *tls_) : Stream(std::move(socket));
    ++report_.connections;
    Watch(fd);
  }
}

void FloorServer::AcceptControls() {
  Fd socket(accept4(control_listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.is_open()) return;
  const int fd = socket.get();
  At(controls_, static_cast<size_t>(fd)) = std::make_unique<Control>(std::move(socket));
  Watch(fd);
}

void FloorServer::ReadClient(FloorConnection& connection) {
  for (;;) {
    const ssize_t got = connection.socket.Read(buffer_);
    if (got == Stream::kNotNow) return;
    if (got == Stream::kGone || !Handle(connection, {buffer_.data(), static_cast<size_t>(got)})) {
      return Drop(connection);
    }
    // What the kernel has left is told again, but not what TLS has read ahead.
    if (!connection.socket.is_tls()) return;
  }
}

bool FloorServer::Handle(FloorConnection& connection, std::span<char> bytes) {
  if (!connection.is_open) return ShakeHands(connection, bytes);
  bool closes = false;
  const bool valid = connection.frames.Consume(bytes, [&](const Frame& frame) {
    if (frame.opcode == kTextFrame) Subscribe(connection, frame.payload);
    closes = closes || frame.opcode == kCloseFrame;
  });
  return valid && !closes;
}

bool FloorServer::ShakeHands(FloorConnection& connection, std::span<char> bytes) {
  connection.head.append(bytes.data(), bytes.size());
  const size_t end = connection.head.find("\r\n\r\n");
  if (end == std::string::npos) return connection.head.size() <= kMaxHeadBytes;
  const auto key = HeaderOf(connection.head, "sec-websocket-key");
  if (!key) return false;
  const std::string answer = absl::StrCat(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: ",
      AcceptFor(*key), "\r\n\r\n");
  if (connection.socket.Write(answer) != static_cast<ssize_t>(answer.size())) return false;
  connection.is_open = true;
  std::string rest = std::exchange(connection.head, {}).substr(end + 4);
  return rest.empty() || Handle(connection, rest);
}

void FloorServer::Subscribe(FloorConnection& connection, std::string_view message) {
  if (message.find(kSubscribe) == std::string_view::npos) return;
  const size_t id = message.find(kId);
  if (id == std::string_view::npos) return;
  const std::string_view text = message.substr(id + kId.size());
  uint32_t key = 0;
  if (!absl::SimpleAtoi(absl::string_view(text.data(), text.find('"')), &key)) return;
  if (key >= KeyTable::kMaxKeys) return;
  At(watchers_, key).push_back(connection.socket.fd());
  connection.keys.push_back(key);
  ++report_.subscriptions;
}

void FloorServer::Drop(FloorConnection& connection) {
  const int fd = connection.socket.fd();
  for (const uint32_t key : connection.keys) {
    std::vector<int>& watchers = watchers_[key];
    watchers.erase(std::find(watchers.begin(), watchers.end(), fd));
    --report_.subscriptions;
  }
  --report_.connections;
  connections_[static_cast<size_t>(fd)].reset();
}

void FloorServer::ReadControl(Control& control) {
  const ssize_t got = recv(control.socket.get(), buffer_.data(), buffer_.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    controls_[static_cast<size_t>(control.socket.get())].reset();
    return;
  }
  control.input.append(buffer_.data(), static_cast<size_t>(got));
  if (!Obey(control)) controls_[static_cast<size_t>(control.socket.get())].reset();
}

bool FloorServer::Obey(Control& control) {
  const char* const begin = control.input.data();
  size_t used = 0;
  uint32_t count = 0;
  while (control.input.size() - used >= sizeof(count)) {
    std::memcpy(&count, begin + used, sizeof(count));
    if (count > kMaxFloorChanges) return false;
    const size_t bytes = sizeof(count) + sizeof(FloorChange) * count;
    if (control.input.size() - used < bytes) break;
    if (count == 0) Report(control);
    for (size_t at = used + sizeof(count); at < used + bytes; at += sizeof(FloorChange)) {
      FloorChange change;
      std::memcpy(&change, begin + at, sizeof(change));
      SendState(change);
    }
    used += bytes;
  }
  control.input.erase(0, used);
  return true;
}

void FloorServer::Report(const Control& control) {
  send(control.socket.get(), &report_, sizeof(report_), MSG_NOSIGNAL);
}

void FloorServer::SendState(const FloorChange& change) {
  if (change.key >= watchers_.size() || watchers_[change.key].empty()) return;
  WriteRow({static_cast<uint32_t>(change.key), change.seq, change.at_ns}, options_.row_bytes, row_);
  frame_.clear();
  AppendFrame(kTextFrame, /*masked=*/false, row_, frame_);
  for (const int fd : watchers_[change.key]) {
    const ssize_t sent = SendFrame(fd);
    if (sent == static_cast<ssize_t>(frame_.size())) {
      ++report_.sent;
      continue;
    }
    ++report_.dropped;
    // What follows half a frame is none, and TLS insists on what it was given: the client is
    // disconnected at the next turn.
    if (sent > 0 || tls_) shutdown(fd, SHUT_RDWR);
  }
}

ssize_t FloorServer::SendFrame(int fd) {
  if (tls_) return connections_[static_cast<size_t>(fd)]->socket.Write(frame_);
  return send(fd, frame_.data(), frame_.size(), MSG_NOSIGNAL);
}

}  // namespace entitysync::bench
