#include "gateway/ws/worker.h"

#include <algorithm>
#include <string>

#include "gateway/ws/connection.h"
#include "gateway/ws/tls_socket.h"

namespace entitysync::ws {
namespace {

// Handshake and close deadlines are seconds; no one notices a tenth.
constexpr base::Duration kWheelTick = std::chrono::milliseconds(100);

constexpr char kPingFrame[] = {'\x89', '\x00'};  // FIN and opcode 9, no payload.

}  // namespace

Worker::Worker(base::AsioLoop& its_loop, session::ConnectionAcceptor& its_acceptor,
               std::shared_ptr<Shared> its_shared, metrics::SessionMetrics& its_metrics,
               base::Logger its_logger)
    : loop(its_loop),
      acceptor(its_acceptor),
      shared(std::move(its_shared)),
      metrics(its_metrics),
      logger(std::move(its_logger)),
      ping(new protocol::LocalFrame(
          std::make_shared<const std::string>(kPingFrame, sizeof(kPingFrame)))),
      flush(std::make_shared<FlushQueue>(loop, metrics.bytes_sent)),
      tls_scratch(shared->tls == nullptr ? nullptr : std::make_unique<TlsScratch>()),
      wheel(loop, kWheelTick) {
  const Options& options = shared->options;
  if (options.compression) {
    inflater.emplace(std::max(options.max_message_bytes, options.max_v1_message_bytes));
  }
}

Worker::~Worker() {
  if (on_destroyed) on_destroyed();
}

}  // namespace entitysync::ws
