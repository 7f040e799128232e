#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client-sdk/cpp/json_tree.h"
#include "entitysync/client/state.h"

// Events of the gateway: proto/entitysync/client/v1/client.proto in the JSON form.
namespace entitysync::client {

// The websocket subprotocol.
inline constexpr char kSubprotocol[] = "entity-sync.v1.json";

// What the gateway takes, and how often it is heard. 0 or absent means what stands here.
struct Welcome {
  std::string connection;
  double heartbeat_seconds = 25;
  size_t message_bytes = 65'536;
  size_t subscriptions_per_message = 1'000;
  double messages_per_second = 0;  // 0: no limit.
};

enum class EventKind {
  kOther,  // Not known here; may still answer something.
  kWelcome,
  kState,
  kUnchanged,
  kPatch,
  kRemoved,
  kStale,
  kSubscribed,
  kUnsubscribed,
  kReply,
  kError,
  kAuthenticated,
  kReconnect,
};

// One event; of the members only those of its kind have a meaning.
struct Event {
  EventKind kind = EventKind::kOther;
  std::optional<uint32_t> ref;

  Welcome welcome;
  Key key;                                            // kState to kStale.
  std::string version;                                // kState, kUnchanged, kPatch, kRemoved.
  std::string base;                                   // kPatch.
  JsonPtr patch;                                      // kPatch.
  std::vector<Row> rows;                              // kState; the replies of kReply.
  std::vector<absl::Status> results;                  // kSubscribed.
  std::vector<Key> keys;                              // kUnsubscribed.
  absl::Status error;                                 // kError; kUnsubscribed without `ref`.
  std::optional<std::pair<double, double>> after_ms;  // kReconnect, if it makes sense.
};

// INTERNAL if the text is none, or lacks what its event must have. Members that may have the
// default of their type may be absent; unknown ones are ignored.
absl::StatusOr<Event> ReadEvent(std::string_view text);

// The status of this name of a gRPC status code; UNKNOWN for a name that is none, or absent.
absl::Status StatusOf(std::string_view code, std::string_view message);

}  // namespace entitysync::client
