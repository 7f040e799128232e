#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace entitysync::client {

enum class ConnectionStatus {
  kConnecting,  // An attempt is under way.
  kOpen,        // The gateway has said welcome.
  kWaiting,     // For the time of the next attempt.
  kOffline,     // For a network; see Client::SetOnline.
  kRefused,     // For another credential; see Client::Authenticate.
  kClosed,      // For good.
};

// How the client stands with the gateway.
struct ConnectionState {
  ConnectionStatus status = ConnectionStatus::kConnecting;

  // The close code of the connection before, where that ended it (1006: it just broke), and what
  // the gateway said about it.
  std::optional<int> code{};
  std::string reason{};

  // In kWaiting: the time until the next attempt.
  std::chrono::nanoseconds retry_in{0};

  // In kOpen: the gateway's name for the connection, as in its logs.
  std::string connection{};
};

// "connecting", "open", ...
const char* NameOf(ConnectionStatus status);

}  // namespace entitysync::client
