#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/client_context.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/load/publisher.h"
#include "entitysync/v1/gateway.grpc.pb.h"

namespace entitysync::bench {

// Gateways as an application reaches them: their fronts, and what is said with each call.
struct Gateways {
  using Stub = v1::GatewayService::Stub;

  std::vector<std::string> targets;  // "127.0.0.1:PORT"
  std::string bearer;                // Empty: none.
  bool versioned = true;             // Changes carry the key's number as their version.

  // One for each target; fails if a gateway cannot be reached.
  absl::StatusOr<std::vector<std::unique_ptr<Stub>>> Connect() const;

  void Authorize(grpc::ClientContext& context) const;

  // `request`: of a call or of a stream.
  template <typename Request>
  void Add(std::span<const Changed> changes, Request& request) const {
    for (const Changed& changed : changes) {
      v1::Change& change = *request.add_changes();
      change.mutable_key()->set_entity("items");
      change.mutable_key()->set_id(std::to_string(changed.key));
      if (versioned) change.set_version(changed.seq);
    }
  }
};

}  // namespace entitysync::bench
