#pragma once

#include <absl/status/statusor.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "entitysync/v1/entity.grpc.pb.h"
#include "gateway/fetch_grpc/options.h"

namespace entitysync::fetch_grpc {

// The channels to one application, and whose turn it is.
//
// Purpose: one gRPC target cannot name several hosts or ports by name, so a list of addresses is a
//   list of channels. Within a channel gRPC goes round robin over what the name resolves to; across
//   channels Pick does, leaving out those that are known to be down.
// Owner and lifetime: owned by a GrpcTarget, destroyed when no call is running (a channel must not
//   die on a gRPC thread).
// Threading: Pick may be called from any thread.
// Limits: kMaxAddresses channels; reconnect backoff 100 ms to 2 s, for ever.
// Errors: Open answers INVALID_ARGUMENT for addresses or TLS files that cannot work. An application
//   that is away is not an error.
class Channels {
 public:
  using Stub = v1::EntityService::Stub;

  static absl::StatusOr<std::unique_ptr<Channels>> Open(const GrpcTargetOptions& options);

  // Where the next call goes. If all are down, one of those: the call then fails at once.
  Stub& Pick();

 private:
  struct Endpoint {
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<Stub> stub;
  };

  Channels() = default;

  std::vector<Endpoint> endpoints_;
  std::atomic<uint32_t> turn_ = 0;
};

}  // namespace entitysync::fetch_grpc
