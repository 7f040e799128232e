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

// Where a status keeps the application's own words (absl::Status::GetPayload), apart from what the
// gateway's logs need beside them.
inline constexpr char kApplicationText[] = "entity-sync/application-text";

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
