#pragma once

#include <memory>
#include <string_view>

#include "gateway/base/intrusive_list.h"
#include "gateway/session/transport.h"
#include "gateway/ws/admission.h"
#include "gateway/ws/sockets.h"
#include "gateway/ws/worker.h"

namespace entitysync::ws {

// One accepted socket from TCP accept to its end: TLS, HTTP upgrade, websocket, closing handshake.
//
// Owner and lifetime: owns itself from Start to its end, and is in Worker::connections as long.
//   Pending operations share it, so memory goes when the last of them has ended.
// Threading: the worker's loop.
// Limits: handshake_timeout and close_timeout bound the two phases in which the peer could keep us
//   waiting; in between the session watches over heartbeat and stall.
// Errors: none are returned; ConnectionHandler::OnClosed tells the end, once, if and only if OnOpen
//   was called.
class Connection : public session::Transport, public base::ListHook<Connection> {
 public:
  virtual void Start() = 0;

  // Ends the connection now, without a word to the peer.
  virtual void Abort() = 0;
};

// Make a connection over an accepted socket; Worker::shared->tls says which. Start is next.
std::shared_ptr<Connection> MakePlainConnection(std::shared_ptr<Worker> worker, TcpSocket socket,
                                                Admission admission);
std::shared_ptr<Connection> MakeTlsConnection(std::shared_ptr<Worker> worker, TcpSocket socket,
                                              Admission admission);

}  // namespace entitysync::ws
