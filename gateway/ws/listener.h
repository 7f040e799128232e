#pragma once

#include <absl/status/statusor.h>

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string_view>

#include "gateway/base/token_bucket.h"
#include "gateway/protocol/close_code.h"
#include "gateway/ws/sockets.h"
#include "gateway/ws/worker.h"

namespace entitysync::ws {

// One worker's listening socket and the connections accepted through it.
//
// Purpose: every worker listens on the same port (SO_REUSEPORT), so the kernel spreads connections
//   and no two loops share one.
// Owner and lifetime: the Server; a pending accept or back-off shares it. Shutdown comes before the
//   loop stops.
// Threading: Open on any thread before the first task; all else on the worker's loop.
// Limits: Options::max_connections over all workers, kRefusalsPerWorker beyond. Out of descriptors:
//   it waits, counts and logs once per episode, and goes on by itself. Beyond its part of
//   Options::max_accepts_per_second it waits too: clients stand in the kernel's queue meanwhile.
// Errors: Open says what is wrong with the address.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  using Endpoint = boost::asio::ip::tcp::endpoint;

  // Binds and listens; clients can connect from now on, and are accepted after Start.
  static absl::StatusOr<std::shared_ptr<Listener>> Open(const Endpoint& endpoint,
                                                        std::shared_ptr<Worker> worker);

  Listener(TcpAcceptor acceptor, std::shared_ptr<Worker> worker);
  ~Listener();

  Endpoint bound() const { return bound_; }

  // How many clients the kernel lets wait to be accepted. 0: it does not say.
  size_t backlog() const { return backlog_; }

  void Start();

  // Handshakes not yet done, and what stands in the kernel's queue, are answered 503, at whatever
  // rate; then the socket closes. Open connections stay.
  void StopAccepting();

  void CloseAll(protocol::CloseCode code, std::string_view reason);

  // Stops and ends every connection without a word. `done` runs when the last has let go of
  // everything.
  void Shutdown(base::Task done);

 private:
  void Accept();
  void AcceptAtRate();
  void AcceptAfter(base::Duration wait);
  void OnAccept(const boost::system::error_code& error, TcpSocket socket);
  void OnAcceptFailed(const boost::system::error_code& error);
  void AdmitSocket(TcpSocket socket);

  std::shared_ptr<Worker> worker_;  // Null after Shutdown.
  TcpAcceptor acceptor_;
  const Endpoint bound_;
  const size_t backlog_;
  base::TokenBucket accepts_;
  base::TimerId pause_ = base::kNoTimer;  // Until it accepts again.
  bool starved_ = false;                  // Out of descriptors, and the log has said so.
};

}  // namespace entitysync::ws
