#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "entitysync/gateway/bus_link.h"
#include "entitysync/gateway/settings.h"

namespace entitysync {

// One gateway replica, in this process.
//
// Purpose: everything the program entity-sync-gateway does, for those who bring a bus of their own
//   or embed a replica in a program or test.
// Owner and lifetime: the caller. Drain or Stop ends it; so does the destructor, at once.
// Threading: Start, Drain and Stop from one thread; all else from any. It makes threads of its own:
//   one per worker, one for the changelog, one for the admin page, and those of gRPC and the bus.
// Limits: the settings'.
// Errors: Start's status says what to do; nothing listens then. Later faults are logged and counted
//   and never end the process.
class Gateway {
 public:
  // What a caller may bring.
  struct Parts {
    // The road to the other replicas. Null: what settings.bus says.
    std::unique_ptr<bus::BusLink> bus;
  };

  // Builds a replica and lets it listen. It is ready when the bus is; see NotReadyReasons.
  static absl::StatusOr<std::unique_ptr<Gateway>> Start(config::Settings settings);
  static absl::StatusOr<std::unique_ptr<Gateway>> Start(config::Settings settings, Parts parts);

  virtual ~Gateway() = default;

  // Leaves in good order: reports not ready, waits for the balancer to notice, stops accepting,
  // spreads the closing of connections (1012) over the drain window, serves applications until the
  // last client left, says goodbye on the bus. Returns when all is done, after
  // settings.drain.timeout at the latest. Nothing is left running.
  virtual void Drain() = 0;

  // Ends the waits of a Drain under way. Async-signal-unsafe, any thread.
  virtual void HurryDrain() = 0;

  // Ends at once: clients are closed with 1012, calls in flight with UNAVAILABLE.
  virtual void Stop() = 0;

  // Why this replica should get no traffic now; empty: it is ready. What /readyz says.
  virtual std::vector<std::string> NotReadyReasons() const = 0;

  // The ports in use, also where the settings left them to the system.
  virtual uint16_t websocket_port() const = 0;
  virtual uint16_t front_port() const = 0;
  virtual uint16_t admin_port() const = 0;
};

}  // namespace entitysync
