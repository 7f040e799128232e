#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "entitysync/entity.h"
#include "entitysync/notifier.h"

// An application server in one call:
//
//   entitysync::ServiceOptions options;
//   options.listen = "127.0.0.1:9090";
//   options.notifier.gateways = {"127.0.0.1:8081"};
//   options.fetch["items"] = [&](const entitysync::FetchContext& context)
//       -> absl::StatusOr<entitysync::Answer> {
//     return entitysync::Answer{.rows = {database.ItemAsJson(context.key().id)}};
//   };
//   auto service = entitysync::Service::Start(std::move(options));
//   ...
//   database.Commit();
//   (*service)->Notify(entitysync::EntityKey{"items", "100"});
namespace entitysync {

// Certificates of the service's own listener; paths of PEM files, read once at the start.
struct ServerTls {
  std::string certificate_file;  // Empty: no TLS.
  std::string key_file;
  std::string client_ca_file;  // Set: gateways must present a certificate signed by one of these.
};

// How an application server is set up. Only `listen`, `notifier.gateways` and one fetch function
// are needed.
struct ServiceOptions {
  // Where gateways reach this server: "host:port"; port 0 takes a free one (see Service::port).
  std::string listen = "127.0.0.1:9090";

  // A call must carry `authorization: Bearer <key>` with one of these (several while they are
  // rotated). Empty: everyone who reaches the port may ask, so keep the port to loopback or to a
  // network you trust. Never logged.
  std::vector<std::string> accepted_keys;

  ServerTls tls;

  // Who answers for which entity type, and for all types not named (optional). A type with neither
  // is answered UNIMPLEMENTED, which gateways log as a misconfiguration.
  std::map<std::string, FetchFunction> fetch;
  FetchFunction default_fetch;

  // Who answers many fetches of a type at once (optional). Gateways ask so when they have many
  // questions, because many keys changed or after an outage; without such a function the single
  // one of the type runs for each, several at once. A type may have both, or only this one.
  std::map<std::string, FetchManyFunction> fetch_many;

  // Who takes pass-through messages. Optional; without it gateways drop and count them.
  MessageFunction message;

  // How many functions run at once, and how many runs of a function may wait for a thread; one on
  // top is answered UNAVAILABLE and asked again by the gateway. Of a call for many, all items of a
  // type with a fetch_many function are one run; each other item is one of its own.
  size_t threads = 8;
  size_t queue = 1'024;

  // How long Stop lets calls in flight finish before it cancels them.
  std::chrono::milliseconds stop_timeout{5'000};

  // How to reach the gateways. No gateways: the server only answers, and Notify fails.
  NotifierOptions notifier;

  LogFunction log = LogToStandardError;
};

// Counters since the start, and what goes on now. Each item of a call for many counts as a call.
struct ServiceStats {
  uint64_t answered = 0;   // Calls whose function returned OK.
  uint64_t failed = 0;     // Calls whose function returned another status or threw.
  uint64_t refused = 0;    // Calls turned away: wrong key, no function, or no room.
  uint64_t cancelled = 0;  // Calls that nobody waited for any more.
  size_t waiting = 0;      // Calls waiting for a thread.
  NotifierStats notifier;
};

// An application server: answers the gateways' questions and tells them what changed.
//
// Purpose: hosts EntityService (with gRPC health and reflection) and holds a Notifier.
// Owner and lifetime: the application's. What the functions use must outlive it. The destructor
//   calls Stop.
// Threading: every method is safe from any thread. User functions run on ServiceOptions::threads
//   threads of the service, several at once; never call Stop from one.
// Limits: calls running and waiting are bounded by `threads` and `queue`.
// Errors: absl::Status with messages that say what to do. User functions may throw; see
//   FetchFunction.
class Service {
 public:
  // Starts to listen. INVALID_ARGUMENT if the options do not fit together or a TLS file cannot be
  // read; UNAVAILABLE if the address cannot be bound.
  static absl::StatusOr<std::unique_ptr<Service>> Start(ServiceOptions options);

  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // The port that is listened on.
  int port() const;

  // See Notifier, whose methods these are. Without gateways: FAILED_PRECONDITION and false.
  absl::Status Notify(const std::vector<Change>& changes);
  absl::Status Notify(const EntityKey& key);
  absl::Status Notify(const Change& change);
  bool NotifyLater(Change change);
  bool NotifyLater(EntityKey key);

  ServiceStats Stats() const;

  // Stops accepting calls, lets those in flight finish for at most stop_timeout and cancels the
  // rest, then sends what NotifyLater queued (see Notifier::Stop). Waits for user functions that
  // still run: long ones should look at FetchContext::cancelled. Harmless when repeated.
  void Stop();

 private:
  class Impl;
  explicit Service(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace entitysync
