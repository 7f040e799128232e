#pragma once

#include <absl/status/statusor.h>

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>

#include "client-sdk/cpp/platform.h"
#include "entitysync/client/options.h"

namespace entitysync::client {

// The most bytes that wait for a gateway that does not read. Beyond it the connection is given up.
inline constexpr size_t kMaxUnsentBytes = size_t{64} << 20;

// How long a connection that was closed may take to end; nobody waits for it.
inline constexpr Duration kCloseTimeout = std::chrono::seconds(2);

// Websockets on Asio and Beast to the url of these options. INVALID_ARGUMENT if it makes no sense,
// UNAVAILABLE if the system's certificates cannot be read.
absl::StatusOr<Dial> MakeBeastDial(boost::asio::any_io_executor executor,
                                   const ClientOptions& options,
                                   Duration close_timeout = kCloseTimeout);

}  // namespace entitysync::client
