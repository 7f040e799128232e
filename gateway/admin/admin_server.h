#pragma once

#include <absl/status/status.h>
#include <prometheus/registry.h>

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "gateway/admin/options.h"
#include "gateway/admin/pages.h"
#include "gateway/base/asio_loop.h"
#include "gateway/base/log.h"

namespace entitysync::admin {

// Serves /healthz, /readyz and /metrics over HTTP.
//
// Purpose: lets balancers, orchestrators and Prometheus look at a gateway. /healthz answers 200
//   while the process lives, /readyz 200 or 503 with the reasons, /metrics what the registry holds.
// Owner and lifetime: the composition root. Start once; Stop or the destructor ends it. What
//   `not_ready_reasons` refers to lives until then.
// Threading: Start, Stop and the destructor from one thread; everything else runs on its own.
// Limits: AdminOptions.
// Errors: Start fails if the address cannot be listened on; the message says what to do. Later
//   faults end single connections only.
class AdminServer {
 public:
  AdminServer(AdminOptions options, std::shared_ptr<prometheus::Registry> registry,
              NotReadyReasons not_ready_reasons, base::Logger logger);
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // INVALID_ARGUMENT: the host is no address literal. UNAVAILABLE: it cannot be listened on.
  absl::Status Start();
  void Stop();

  // Where it listens; 0 before Start.
  uint16_t port() const { return port_; }

 private:
  absl::Status Listen();
  void Accept();
  void OnAccepted(const boost::system::error_code& error, boost::asio::ip::tcp::socket socket);

  const AdminOptions options_;
  const Pages pages_;
  const base::Logger logger_;
  size_t open_connections_ = 0;  // On the loop.
  uint16_t port_ = 0;
  base::AsioLoop loop_{"es-admin"};  // Destroyed first of what connections refer to.
  boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace entitysync::admin
