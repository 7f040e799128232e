#pragma once

#include <absl/functional/any_invocable.h>
#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <vector>

#include "gateway/fetch/entity_source.h"

namespace entitysync::fetch {

// A client message that is not Entity Sync's own, on its way to the application.
struct ClientMessage {
  Secret secret;
  std::string connection;  // Unique across replicas and restarts.
  std::string data;
  bool is_binary = false;
};

struct MessageReply {
  std::string data;
  bool is_binary = false;
};

// As FetchDone: once, on any thread, never inside Handle.
using MessageDone = absl::AnyInvocable<void(absl::StatusOr<std::vector<MessageReply>>)>;

// Takes pass-through messages. Threading and lifetime as EntitySource; at most one message of a
// connection is in flight, which is the caller's affair. Destroying the returned call cancels.
class MessageHandler {
 public:
  virtual ~MessageHandler() = default;
  virtual std::unique_ptr<FetchCall> Handle(ClientMessage message, MessageDone done) = 0;
};

}  // namespace entitysync::fetch
