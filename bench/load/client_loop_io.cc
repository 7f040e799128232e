// What a connection of the loop goes through: connecting, shaking hands, receiving.

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <arpa/inet.h>
#include <sys/epoll.h>

#include <utility>

#include "bench/lib/clock.h"
#include "bench/lib/handshake.h"
#include "bench/load/client_loop.h"
#include "bench/load/dialect.h"

namespace entitysync::bench {
namespace {

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";  // That of RFC 6455's example.
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
constexpr char kDeflateOffer[] =
    "\r\nSec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; "
    "server_no_context_takeover";
constexpr size_t kMaxHeadBytes = 8 * 1024;

std::string RequestOf(const WatchGroup& group, uint32_t index) {
  const sockaddr_in& target = group.targets[index % group.targets.size()];
  char host[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &target.sin_addr, host, sizeof(host));
  const std::string_view subprotocol = group.dialect->Subprotocol();
  const std::string offer =
      subprotocol.empty() ? ""
                          : absl::StrCat("\r\nSec-WebSocket-Protocol: ",
                                         absl::string_view(subprotocol.data(), subprotocol.size()));
  return absl::StrCat("GET ", group.path, " HTTP/1.1\r\nHost: ", host, ":", ntohs(target.sin_port),
                      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13",
                      "\r\nSec-WebSocket-Key: ", absl::string_view(kKey.data(), kKey.size()),
                      group.deflate ? kDeflateOffer : "", offer, "\r\n\r\n");
}

std::string SecretOf(const WatchGroup& group, uint32_t index) {
  if (group.secret == SecretKind::kShared) return "bench";
  return absl::StrCat("bench-", group.process, "-", index);
}

}  // namespace

void ClientLoop::Handle(Connection& connection, uint32_t events) {
  if (connection.state == Connection::State::kClosed) return;
  if (connection.state == Connection::State::kConnecting) {
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) return End(connection, "refused");
    if ((events & EPOLLOUT) == 0) return;
    Begin(connection);
  } else if ((events & EPOLLOUT) != 0 && !connection.out.empty()) {
    Flush(connection);
  }
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) return;
  Read(connection);
  // What TLS could not take before it had shaken hands.
  if (connection.socket.is_tls() && !connection.out.empty()) Flush(connection);
}

void ClientLoop::Begin(Connection& connection) {
  connection.state = Connection::State::kShakingHands;
  connection.out = RequestOf(*connection.group, connection.index);
  Flush(connection);
}

void ClientLoop::Read(Connection& connection) {
  while (connection.state != Connection::State::kClosed) {
    const ssize_t got = connection.socket.Read(buffer_);
    if (got == Stream::kNotNow) break;
    if (got == Stream::kGone) return End(connection, "closed by the server");
    const auto size = static_cast<size_t>(got);
    stats_.bytes += size;
    if (!Take(connection, {buffer_.data(), size}, MonotonicNs())) {
      return End(connection, "no websocket");
    }
    // That was all: more would be another event. TLS may have read ahead.
    if (size < buffer_.size() && !connection.socket.is_tls()) break;
  }
}

bool ClientLoop::Take(Connection& connection, std::span<char> bytes, int64_t now) {
  if (connection.state == Connection::State::kShakingHands) {
    return TakeHead(connection, bytes, now);
  }
  return connection.frames.Consume(bytes,
                                   [&](const Frame& frame) { OnFrame(connection, frame, now); });
}

bool ClientLoop::TakeHead(Connection& connection, std::span<char> bytes, int64_t now) {
  connection.head.append(bytes.data(), bytes.size());
  const size_t end = connection.head.find("\r\n\r\n");
  if (end == std::string::npos) return connection.head.size() <= kMaxHeadBytes;
  const bool accepted = absl::StartsWith(connection.head, "HTTP/1.1 101 ") &&
                        HeaderOf(connection.head, "sec-websocket-accept") == kAccept;
  if (!accepted) {
    End(connection, connection.head.substr(0, connection.head.find("\r\n")).c_str());
    return true;
  }
  connection.is_compressed =
      HeaderOf(connection.head, "sec-websocket-extensions").value_or("").substr(0, 18) ==
      "permessage-deflate";
  Open(connection, now);
  std::string rest = std::exchange(connection.head, {}).substr(end + 4);
  return rest.empty() || Take(connection, rest, now);
}

void ClientLoop::Open(Connection& connection, int64_t now) {
  connection.state = Connection::State::kOpen;
  const WatchGroup& group = *connection.group;
  connection.seqs = std::make_unique<uint64_t[]>(group.plan.keys_each());
  if (group.secret != SecretKind::kNone) {
    group.dialect->PresentSecret(SecretOf(group, connection.index), connection.out);
  }
  for (uint32_t place = 0; place < group.plan.keys_each(); ++place) {
    const uint32_t key = group.plan.KeyAt(connection.index, place);
    connection.seqs[place] = table_.Seq(key);
    group.dialect->Subscribe(key, connection.out);
  }
  AddWatchers(connection, 1);
  if (job_) job_->Opened(connection, now);
  Flush(connection);
}

void ClientLoop::OnFrame(Connection& connection, const Frame& frame, int64_t now) {
  switch (frame.opcode) {
    case kTextFrame:
      ++stats_.frames;
      if (!frame.is_final) break;
      if (!frame.is_compressed) return OnState(connection, frame.payload, now);
      ++stats_.compressed;
      if (connection.is_compressed && inflater_.Inflate(frame.payload)) {
        return OnState(connection, inflater_.text(), now);
      }
      break;
    case kPingFrame:
      AppendFrame(kPongFrame, /*masked=*/true, frame.payload, connection.out);
      return Flush(connection);
    case kPongFrame:
    case kCloseFrame:  // The end of the connection follows, and is counted.
      return;
    default:
      break;
  }
  ++stats_.unexpected;
}

void ClientLoop::OnState(Connection& connection, std::string_view message, int64_t now) {
  const Dialect& dialect = *connection.group->dialect;
  const std::optional<Row> row = dialect.StateIn(message);
  const auto place =
      row ? connection.group->plan.PlaceOf(connection.index, row->key) : std::nullopt;
  if (!place) {
    if (row || !dialect.MayCome(message)) ++stats_.unexpected;
    return;
  }
  if (connection.is_set_aside) stats_.slow_age.Add(now - row->at_ns);
  uint64_t& seq = connection.seqs[*place];
  if (row->seq <= seq) {
    ++stats_.repeats;
    return;
  }
  const uint64_t newer_by = row->seq - std::exchange(seq, row->seq);
  if (connection.is_set_aside) return;
  ++stats_.deliveries;
  stats_.covered += newer_by;
  stats_.latency.Add(now - row->at_ns);
}

void ClientLoop::Flush(Connection& connection) {
  std::string& out = connection.out;
  while (!out.empty()) {
    const ssize_t sent = connection.socket.Write(out);
    if (sent <= 0) return;  // Later; or gone, which reading will tell.
    out.erase(0, static_cast<size_t>(sent));
  }
  out.shrink_to_fit();
}

void ClientLoop::End(Connection& connection, const char* why) {
  const bool was_open = connection.state == Connection::State::kOpen;
  connection.state = Connection::State::kClosed;
  connection.socket.Close();
  if (was_open) {
    ++stats_.closes;
  } else if (job_) {
    job_->Failed(why);
  }
}

}  // namespace entitysync::bench
