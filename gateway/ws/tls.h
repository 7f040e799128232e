#pragma once

#include <absl/status/statusor.h>

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "gateway/ws/options.h"

namespace entitysync::ws {

// The TLS settings of a listener: TLS 1.2 and 1.3, the certificate and key of `options`. Errors
// name the file and what is wrong with it: NOT_FOUND if it cannot be read, INVALID_ARGUMENT if it
// is not what it should be or certificate and key do not belong together.
absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> MakeTlsContext(
    const TlsOptions& options);

}  // namespace entitysync::ws
