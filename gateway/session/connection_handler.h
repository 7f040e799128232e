#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/protocol/v1.h"
#include "gateway/session/transport.h"

namespace entitysync::session {

// What the handshake of a connection said, beyond the path and origin checks of the transport.
struct Handshake {
  // The credential presented in the handshake (bearer token, cookie or query), empty if none. Never
  // logged.
  std::string secret;

  // The client takes messages that are compressed without context takeover (RFC 7692).
  bool takes_deflated = false;

  // The form of v1 that was agreed on; none: the classic dialect.
  std::optional<protocol::V1Form> v1 = std::nullopt;
};

// What a transport tells the session above it. Calls come on the worker's loop.
class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;

  // A complete message came. The view ends with the call.
  virtual void OnMessage(std::string_view payload, bool is_binary) = 0;

  // Bytes of any kind came (data, ping, pong): the peer lives. Called at least once per read.
  virtual void OnActivity() = 0;

  // There is room again; see Transport::WantWritable.
  virtual void OnWritable() = 0;

  // The connection is gone, whoever ended it. The last call; the transport is not used after it.
  virtual void OnClosed() = 0;
};

// Makes the handler of a new connection; implemented by SessionTable. Called on the worker's loop.
class ConnectionAcceptor {
 public:
  virtual ~ConnectionAcceptor() = default;

  // `transport` lives until it has called OnClosed of the returned handler, which the acceptor owns
  // and destroys after that call.
  virtual ConnectionHandler& OnOpen(Transport& transport, Handshake handshake) = 0;
};

}  // namespace entitysync::session
