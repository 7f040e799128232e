#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <memory>
#include <string>

#include "entitysync/gateway/settings.h"
#include "gateway/base/log.h"
#include "gateway/fetch/entity_catalog.h"
#include "gateway/fetch_grpc/grpc_target.h"

namespace entitysync::server {

// The applications of a gateway and which entity type is served by which.
//
// Owner and lifetime: the replica; outlives hub and sessions. Threading: built and stopped by one
// thread; what it hands out is immutable or safe from any.
class Targets {
 public:
  // Fails as GrpcTarget::Create does, naming the target.
  static absl::StatusOr<std::unique_ptr<Targets>> Create(const config::Settings& settings,
                                                         const base::Logger& logger);

  const fetch::EntityCatalog& catalog() const { return *catalog_; }
  // Null: no pass-through.
  fetch::MessageHandler* message_handler() const { return message_handler_; }

  // Cancels all calls and waits for them, at most for `bound` each.
  void Stop(base::Duration bound);

 private:
  Targets() = default;

  std::map<std::string, std::unique_ptr<fetch_grpc::GrpcTarget>> targets_;
  std::unique_ptr<fetch::EntityCatalog> catalog_;
  fetch::MessageHandler* message_handler_ = nullptr;
};

}  // namespace entitysync::server
