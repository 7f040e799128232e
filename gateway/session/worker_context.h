#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "gateway/base/executor.h"
#include "gateway/base/log.h"
#include "gateway/base/random.h"
#include "gateway/base/timer_wheel.h"
#include "gateway/fetch/entity_catalog.h"
#include "gateway/fetch/message_handler.h"
#include "gateway/hub/subscriptions.h"
#include "gateway/metrics/metrics.h"
#include "gateway/protocol/deflater.h"
#include "gateway/session/shared_keys.h"
#include "gateway/session/subscribe_throttle.h"
#include "gateway/subs/subscriber.h"

namespace entitysync::session {

// Limits and intervals of all sessions; see docs/CONFIGURATION.md for their meaning.
struct SessionOptions {
  size_t max_subscriptions = 10'000;
  uint32_t max_messages_per_second = 2'500;  // 0: no limit.
  uint32_t message_burst = 20'000;
  uint32_t worker_subscribes_per_second = 50'000;  // Of all sessions of a worker. 0: no limit.
  uint32_t worker_subscribe_burst = 50'000;
  base::Duration heartbeat_interval = std::chrono::seconds(25);
  base::Duration write_stall_timeout = std::chrono::seconds(30);
  size_t flush_bytes = 64 * 1024;
  size_t reply_queue_bytes = 1024 * 1024;
  size_t pass_through_queue_messages = 64;
  size_t pass_through_queue_bytes = 1024 * 1024;
  // The most states per second of one subscription of v1; 0: as many as the client wants.
  double max_state_rate = 0;
  size_t max_v1_message_bytes = 1024 * 1024;  // What v1 clients are told; the transport's limit.
  // How states are compressed for clients that take that; none: they are not.
  std::optional<protocol::DeflateOptions> compression;
};

// What all sessions of one worker share; owned by their SessionTable. Used on the worker's loop.
struct WorkerContext {
  base::Executor& executor;
  base::TimerWheel& wheel;       // Of heartbeats and deadlines,
  base::TimerWheel& rate_wheel;  // and a finer one.
  base::Random& random;
  SubscribeThrottle& subscribe_throttle;
  SharedKeys& keys;
  protocol::Deflater* deflater;  // Null: states are not compressed.
  hub::Subscriptions& hub;
  const fetch::EntityCatalog& catalog;
  fetch::MessageHandler* message_handler;  // Null: pass-through messages are dropped.
  const SessionOptions& options;
  metrics::SessionMetrics& metrics;
  base::Logger logger;
  subs::WorkerIndex worker;
  std::string connection_prefix;  // Makes connection ids unique across replicas and restarts.
  const fetch::Secret no_secret = std::make_shared<const std::string>();
  uint64_t last_serial = 0;
  protocol::Deflater::Totals deflated{};  // What the metrics have of the deflater's work.
  // Counted here, and by the metrics at each turn's end: those are shared by all workers.
  size_t states_sent = 0;
  size_t states_replaced = 0;
  size_t patches_sent = 0;
  size_t unchanged_sent = 0;
  size_t stale_sent = 0;

  base::TimePoint next_warning{};

  // Says so in the log, but not for every message of a client that insists.
  void WarnOfUnknownType() {
    if (executor.Now() < next_warning) return;
    next_warning = executor.Now() + std::chrono::seconds(10);
    logger->warn(
        "a client asked for an entity type that has no target; name the type under `entities` or "
        "set `default_target`");
  }

  // Brings the metrics up to date.
  void Count() {
    metrics::Add(metrics.states_sent, std::exchange(states_sent, 0));
    metrics::Add(metrics.states_replaced, std::exchange(states_replaced, 0));
    metrics::Add(metrics.patches_sent, std::exchange(patches_sent, 0));
    metrics::Add(metrics.unchanged_sent, std::exchange(unchanged_sent, 0));
    metrics::Add(metrics.stale_sent, std::exchange(stale_sent, 0));
    if (deflater != nullptr) CountDeflated();
  }

  void CountDeflated() {
    const protocol::Deflater::Totals& now = deflater->totals();
    if (now.frames == deflated.frames) return;
    metrics.states_compressed.Increment(static_cast<double>(now.frames - deflated.frames));
    metrics.compression_bytes_plain.Increment(
        static_cast<double>(now.bytes_before - deflated.bytes_before));
    metrics.compression_bytes_deflated.Increment(
        static_cast<double>(now.bytes_after - deflated.bytes_after));
    deflated = now;
  }

  // Who presents no secret needs no memory for it.
  fetch::Secret MakeSecret(std::string secret) const {
    if (secret.empty()) return no_secret;
    return std::make_shared<const std::string>(std::move(secret));
  }

  // A number that this worker never used before.
  uint64_t NextSerial() { return ++last_serial; }
};

}  // namespace entitysync::session
