#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "entitysync/entity.h"

namespace entitysync {

// Certificates for calls to gateways; paths of PEM files, read once at the start.
struct ClientTls {
  bool enabled = false;
  std::string ca_file;  // Who signs the gateways' certificates. Empty: the system's CAs.
  std::string
      certificate_file;  // Presented to gateways that ask for one; with key_file or neither.
  std::string key_file;
};

// How an application reaches its gateways. The defaults suit most.
struct NotifierOptions {
  // The gateways' gRPC addresses. Each is "host:port" or any gRPC target ("dns:///gateways:8081",
  // "ipv4:10.0.0.1:8081,10.0.0.2:8081", "unix:/run/gateway.sock"). Calls go round robin over all of
  // them, and over all addresses that one of them resolves to. A call that fails tries the next.
  std::vector<std::string> gateways;

  // Sent as `authorization: Bearer <key>`. Empty: nothing is sent. Never logged. Without TLS it
  // travels in clear text: keep that to networks you trust.
  std::string key;

  ClientTls tls;

  // How long Notify tries in all, and how long one of its attempts, or of NotifyLater's, may take.
  std::chrono::milliseconds timeout{5'000};
  std::chrono::milliseconds attempt_timeout{2'500};

  // Waiting time before a retry: random, growing from the first to the second ("full jitter").
  std::chrono::milliseconds min_backoff{20};
  std::chrono::milliseconds max_backoff{1'000};

  // NotifyLater: how many different changes may wait; a change that comes on top is dropped and
  // counted.
  size_t later_queue = 100'000;

  // NotifyLater: whether changes go over a stream that stays open, which costs a fraction of what
  // calls cost when thousands come each second. Where gateways know no streams, or something on the
  // way lets none pass, calls are made instead, whatever this says.
  bool later_stream = true;

  // NotifyLater: how long a batch is retried before it is dropped and counted.
  std::chrono::milliseconds later_retry_for = std::chrono::minutes(10);

  // NotifyLater: how long Stop tries to send what still waits.
  std::chrono::milliseconds flush_timeout{5'000};

  LogFunction log = LogToStandardError;
};

// Counters since the start, and what waits now.
struct NotifierStats {
  uint64_t sent = 0;       // Changes that a gateway answered OK.
  uint64_t coalesced = 0;  // NotifyLater: changes merged into one that already waited.
  uint64_t dropped = 0;    // NotifyLater: changes given up. Watchers may show old rows.
  uint64_t retries = 0;    // Attempts after the first of a call or request.
  size_t waiting = 0;      // NotifyLater: changes queued or being sent.
};

// Tells the gateways what changed.
//
// Purpose: NotifyChange with load balancing, retries and, if wanted, a queue and a stream behind
//   it. For processes that only notify (jobs, an outbox relay); a Service holds one of its own.
// Owner and lifetime: the application's. No call may be running when it is destroyed; the
//   destructor calls Stop.
// Threading: safe from any thread. Runs one thread of its own for NotifyLater.
// Limits: 10,000 changes per call to a gateway; Notify splits larger ones. The queue of NotifyLater
//   is bounded by NotifierOptions::later_queue.
// Errors: absl::Status with messages that say what to do.
class Notifier {
 public:
  // INVALID_ARGUMENT if there are no gateways, a limit is 0, or a TLS file cannot be read. Does not
  // wait for a gateway to be there.
  static absl::StatusOr<std::unique_ptr<Notifier>> Create(NotifierOptions options);

  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  // Says that entities changed, after the application committed the change, and waits until a
  // gateway has confirmed. Retries within NotifierOptions::timeout. Repeating it is always safe.
  //   OK                every gateway replica hears of the changes
  //   INVALID_ARGUMENT  a key is not valid (see EntityKey); nothing was sent
  //   NOT_FOUND         the gateways have no target for an entity type: fix their configuration
  //   UNAUTHENTICATED   the key is not the gateways'
  //   UNAVAILABLE       no gateway confirmed in time, or Stop was called: perhaps heard; try again
  // If a call of more than 10,000 changes fails, the first of them may have been heard.
  absl::Status Notify(const std::vector<Change>& changes);
  absl::Status Notify(const EntityKey& key);
  absl::Status Notify(const Change& change);

  // The same without waiting: queues the change, merges it with an equal one that waits, sends it
  // with whatever else waits (at once, or within a millisecond while many come), and retries. False
  // if it was dropped (the key is not valid, the queue is full, or Stop was called). What waits is
  // lost if the process ends without Stop: where that must not be, use an outbox table
  // (docs/APPLICATIONS.md).
  bool NotifyLater(Change change);
  bool NotifyLater(EntityKey key);

  // Waits until all that NotifyLater took before this call was sent or dropped. False if the
  // timeout passed first.
  bool Flush(std::chrono::milliseconds timeout);

  NotifierStats Stats() const;

  // Sends what waits, for at most flush_timeout; drops and counts the rest. Calls of Notify return
  // UNAVAILABLE after the attempt under way. Harmless when repeated.
  void Stop();

 private:
  class Impl;
  explicit Notifier(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace entitysync
