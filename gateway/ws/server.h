#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/asio_loop.h"
#include "gateway/base/log.h"
#include "gateway/metrics/metrics.h"
#include "gateway/protocol/close_code.h"
#include "gateway/session/connection_handler.h"
#include "gateway/ws/options.h"

namespace entitysync::ws {

class Listener;
struct Shared;

// The websocket edge of a replica: one listener per worker, all on one port.
//
// Purpose: accepts websockets and hands each to the ConnectionAcceptor of the worker it landed on.
// Owner and lifetime: the composition root. Loops, acceptors and metrics outlive it. Order of the
//   end: StopAccepting (drain), CloseAll or the sessions' own closes, Shutdown, and after its
//   `done` the loops may stop and the server be destroyed.
// Threading: any thread; work is posted to the loops.
// Limits: Options. One replica-wide count of connections.
// Errors: Open's Status says what to do: INVALID_ARGUMENT (address, TLS files), NOT_FOUND (TLS
//   files), UNAVAILABLE (port taken). Afterwards nothing fails as a whole; see Connection.
class Server {
 public:
  // One event loop and the sessions that live on it.
  struct Seat {
    base::AsioLoop& loop;
    session::ConnectionAcceptor& acceptor;
  };

  // Binds and listens. Nothing is accepted before Start.
  static absl::StatusOr<std::unique_ptr<Server>> Open(Options options,
                                                      const std::vector<Seat>& seats,
                                                      metrics::SessionMetrics& metrics,
                                                      base::Logger logger);
  ~Server();

  void Start();

  // The port bound, and "host:port".
  uint16_t port() const { return port_; }
  const std::string& address() const { return address_; }

  // Connections open or in their handshake, refusals not counted.
  size_t connections() const;

  // From now on new clients are answered 503 with Retry-After, and soon nobody listens.
  void StopAccepting();

  // Closes every open connection as Transport::Close does; handshakes under way are not touched.
  void CloseAll(protocol::CloseCode code, std::string_view reason);

  // Ends everything at once. `done` runs once, on one of the loops, when nothing is left on any.
  void Shutdown(base::Task done);

 private:
  Server(std::shared_ptr<Shared> shared,
         std::vector<std::pair<base::AsioLoop*, std::shared_ptr<Listener>>> listeners);

  template <class Action>
  void OnEach(Action action);

  const std::shared_ptr<Shared> shared_;
  const std::vector<std::pair<base::AsioLoop*, std::shared_ptr<Listener>>> listeners_;
  uint16_t port_ = 0;
  std::string address_;
};

}  // namespace entitysync::ws
