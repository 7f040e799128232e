#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "entitysync/client/connection_state.h"

namespace entitysync::client {

// Takes what a token function got. May be called from any thread, at any time, once, as long as the
// context of the client's executor is there; what comes too late for the client is ignored. After
// that context is gone (an io_context is destroyed) it must be neither called nor kept.
using TokenDone = std::function<void(absl::StatusOr<std::string>)>;

// Gets a credential and hands it to `done`, at once or later. Called once for each attempt to
// connect, and when the user authenticates without a credential. Runs on the client's executor, so
// it must not block.
using TokenFunction = std::function<void(TokenDone done)>;

// A credential that the application recognises the viewer by; or what gets one; or none.
using Token = std::variant<std::monostate, std::string, TokenFunction>;

// How a client is set up. Only `url` is needed. Times below zero count as zero, and beyond 365 days
// as that.
struct ClientOptions {
  // Where the gateway is, for instance "wss://example.org/ws/entity-sync/". `http` and `https`
  // stand for `ws` and `wss`.
  std::string url{};

  Token token{};

  // For wss. None: certificates are checked against those that the system trusts. A context that is
  // given counts as it is; that the certificate is one of the url's host is always checked if it
  // asks for certificates at all (verify_peer).
  std::shared_ptr<boost::asio::ssl::context> tls{};

  // Called on each change of how the client stands with the gateway.
  std::function<void(const ConnectionState&)> on_connection{};

  // Called for failures that no entity, request or authentication tells about. Unset: they are
  // written to the standard error.
  std::function<void(const absl::Status&)> on_error{};

  // Whether there is a network, as far as is known; see Client::SetOnline.
  bool online = true;

  // How long an attempt may take, from the call of the token function to the gateway's welcome.
  std::chrono::milliseconds connect_timeout{10'000};

  // How long a request may take unless it says otherwise, waiting for a connection included.
  std::chrono::milliseconds request_timeout{30'000};

  // The most requests that may wait or be under way.
  size_t max_requests = 256;

  // The largest event that is taken from the gateway. A larger one closes the client for good, with
  // 1009: it would come again.
  size_t max_event_bytes = size_t{64} << 20;
};

}  // namespace entitysync::client
