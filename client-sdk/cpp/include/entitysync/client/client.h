#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "entitysync/client/connection_state.h"
#include "entitysync/client/entity.h"
#include "entitysync/client/options.h"
#include "entitysync/client/state.h"

// Watching an entity:
//
//   boost::asio::io_context io;
//   auto client = entitysync::client::Client::Connect(
//       io.get_executor(), {.url = "ws://127.0.0.1:8080/ws/entity-sync/", .token = "alice"});
//   auto pump = (*client)->Entity("items", "100").Subscribe(
//       [](const entitysync::client::EntityState& state) { Show(state); });
//   io.run();
namespace entitysync::client {

// Gets the application's replies to a request, or why there are none.
using ReplyFunction = std::function<void(absl::StatusOr<std::vector<Row>>)>;

// A request that is under way. Letting go of it changes nothing.
class RequestHandle {
 public:
  // Gives the request up: it fails with CANCELLED, though the application may see it all the same.
  // Harmless if it has ended.
  void Cancel();

 private:
  friend class Client;
  std::weak_ptr<Core> core_;
  uint64_t id_ = 0;
};

// A client of one gateway (or of many behind one address) in the v1 dialect.
//
// Purpose: always has the present state of each watched entity, as soon as it can be had, over
//   whatever breaks between. It connects by itself, and comes back by itself.
//   client-sdk/SPEC.md says how.
// Owner and lifetime: the user's. The destructor parts with the gateway and calls nobody: what is
//   under way is dropped. Call Close before it where callbacks are to hear of it. It may run inside
//   any callback.
// Threading: everything, the destructor too, is called on the executor that Connect got (or before
//   that runs), and all callbacks run there, one at a time. The executor must run one task at a
//   time: that of an io_context with one thread, or a strand. There are no threads of its own.
// Limits: requests by ClientOptions::max_requests; entities by what the user watches.
// Errors: each entity's state, request and authentication tells its own; all others come to
//   ClientOptions::on_error. Callbacks that throw are reported there too.
class Client {
 public:
  // Begins to connect, when the present task of the executor has ended. INVALID_ARGUMENT if the url
  // makes no sense, UNAVAILABLE if the system's certificates cannot be read.
  static absl::StatusOr<std::unique_ptr<Client>> Connect(boost::asio::any_io_executor executor,
                                                         ClientOptions options);

  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // How the client stands with the gateway. What entities show is as old as the last time it was
  // kOpen.
  const ConnectionState& connection() const;

  // The entity of this type and id, to be watched. Subscriptions made within one task of the
  // executor go out in one message.
  EntityHandle Entity(std::string entity, std::string id);

  // Presents another credential, or, without one, the result of calling the token function again.
  // What is watched goes on, with the rights of the new one. `done` gets OK when the gateway has
  // taken it, on this connection or a later one; UNAUTHENTICATED if it is refused, and then the one
  // before counts; ABORTED if another is given meanwhile; CANCELLED if the client is closed.
  void Authenticate(std::optional<Token> token, std::function<void(absl::Status)> done);

  // Hands `json`, the text of any JSON value, to the application and gets its replies. Waits for a
  // connection if there is none. `done` gets UNAVAILABLE if the connection breaks meanwhile: then
  // nobody knows whether the application got it, and it is not sent again. It is never called
  // before Request returns. No timeout: ClientOptions::request_timeout.
  RequestHandle Request(std::string json, std::optional<std::chrono::milliseconds> timeout,
                        ReplyFunction done);

  // For those who know: whether there is a network. When it comes (back) the client connects at
  // once, or checks its connection.
  void SetOnline(bool online);

  // Checks now whether the gateway is still there, for instance after the machine slept.
  void CheckNow();

  // Parts with the gateway for good. Requests and authentication fail with CANCELLED.
  void Close();

 private:
  friend class ClientMaker;
  explicit Client(std::shared_ptr<Core> core);

  const std::shared_ptr<Core> core_;
};

}  // namespace entitysync::client
