#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "entitysync/notifier.h"
#include "entitysync/service.h"

namespace entitysync::service {

// Credentials from PEM files. INVALID_ARGUMENT names the file that cannot be read or is missing
// from a pair.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(
    const ClientTls& tls);
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const ServerTls& tls);

}  // namespace entitysync::service
