#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "gateway/base/asio_loop.h"
#include "gateway/base/intrusive_list.h"
#include "gateway/base/log.h"
#include "gateway/base/timer_wheel.h"
#include "gateway/metrics/metrics.h"
#include "gateway/protocol/inflater.h"
#include "gateway/session/connection_handler.h"
#include "gateway/ws/address_budget.h"
#include "gateway/ws/connection_budget.h"
#include "gateway/ws/flush_queue.h"
#include "gateway/ws/options.h"

namespace entitysync::ws {

class Connection;
struct TlsScratch;

// What all workers of a server share; immutable but for the budgets.
struct Shared {
  Shared(Options its_options, std::shared_ptr<boost::asio::ssl::context> its_tls,
         size_t its_workers)
      : options(std::move(its_options)),
        tls(std::move(its_tls)),
        workers(its_workers),
        budget(options.max_connections),
        address_budget(options.max_connections_per_address) {}

  const Options options;
  const std::shared_ptr<boost::asio::ssl::context> tls;  // Null: plain TCP.
  const size_t workers;
  ConnectionBudget budget;
  AddressBudget address_budget;
};

// What the connections of one worker share.
//
// Owner and lifetime: the listener and every connection share it, so that none of them depends on
//   who goes last. Destroyed on the loop; the loop, the acceptor and the metrics outlive it.
// Threading: the worker's loop. Limits, errors: none of its own.
struct Worker {
  Worker(base::AsioLoop& its_loop, session::ConnectionAcceptor& its_acceptor,
         std::shared_ptr<Shared> its_shared, metrics::SessionMetrics& its_metrics,
         base::Logger its_logger);
  ~Worker();

  base::AsioLoop& loop;
  session::ConnectionAcceptor& acceptor;
  const std::shared_ptr<Shared> shared;
  metrics::SessionMetrics& metrics;
  const base::Logger logger;
  const protocol::LocalFramePtr ping;
  const std::shared_ptr<FlushQueue> flush;
  std::optional<protocol::Inflater> inflater;     // If compression is negotiated with clients.
  const std::unique_ptr<TlsScratch> tls_scratch;  // If connections speak TLS.
  base::TimerWheel wheel;
  base::IntrusiveList<Connection, Connection> connections;
  size_t incomplete_bytes = 0;  // Of heap, in messages that are not complete yet.
  size_t refusals = 0;          // Connections that exist only to be told 503 or 429.
  bool draining = false;        // New handshakes are answered 503.

  // Runs when the worker is destroyed: nothing of it is left.
  base::Task on_destroyed;
};

}  // namespace entitysync::ws
