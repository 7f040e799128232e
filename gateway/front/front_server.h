#pragma once

#include <absl/status/status.h>
#include <grpcpp/server.h>

#include <memory>
#include <string>

#include "gateway/base/log.h"
#include "gateway/base/time.h"
#include "gateway/changelog/change_publisher.h"
#include "gateway/front/changes.h"
#include "gateway/front/notify_service.h"
#include "gateway/front/options.h"
#include "gateway/metrics/metrics.h"

namespace entitysync::front {

// The gRPC server for applications.
//
// Purpose: listens, and offers GatewayService, grpc.health.v1.Health and reflection. Only
//   GatewayService asks for the bearer key: balancers need health, and the schema is public.
// Owner and lifetime: owned by the composition root. Start once, Stop once; the destructor stops at
//   once if that was forgotten. Publisher, metrics and `serves` outlive it, and the publisher's
//   callbacks may still come after Stop.
// Threading: all methods from one thread; SetServing from any between Start and Stop.
// Limits: max_receive_bytes per request, kMaxCalls at once per connection, streams included;
//   max_streams in all. Compressed
//   requests are refused (UNIMPLEMENTED): their real size is only known once they are in memory.
// Errors: of a call, as in gateway.proto. Of Start, see there.
class FrontServer {
 public:
  FrontServer(FrontOptions options, changelog::ChangePublisher& publisher, ServesEntity serves,
              metrics::FrontMetrics& metrics, base::Logger log);
  ~FrontServer();
  FrontServer(const FrontServer&) = delete;
  FrontServer& operator=(const FrontServer&) = delete;

  // Listens. Health says NOT_SERVING until SetServing(true).
  //   FAILED_PRECONDITION  Other hosts could call without a key: says what to set.
  //   INVALID_ARGUMENT     The address or the TLS files cannot be used.
  //   UNAVAILABLE          The address is taken or not ours.
  absl::Status Start();

  // The port in use; 0 for a unix socket.
  int port() const { return port_; }

  // What the health service answers, for "" and for "entitysync.v1.GatewayService". Calls are
  // served either way: a drain says false, goes on serving, and stops when its clients have left.
  void SetServing(bool serving);

  // Takes no new calls (GOAWAY), asks streams to end, and waits for what is under way, open health
  // watches included, at most for `grace`; then ends it with CANCELLED. Returns when nothing is
  // left.
  void Stop(base::Duration grace);

 private:
  absl::Status CheckAccess() const;

  const FrontOptions options_;
  const base::Logger log_;
  NotifyService service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

inline constexpr int kMaxCalls = 1'000;

// Whether `listen` ("host:port", "unix:...") can be reached from this host only.
bool IsLoopback(const std::string& listen);

}  // namespace entitysync::front
