#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "entitysync/client/v1/client.pb.h"
#include "gateway/base/entity_key.h"
#include "gateway/protocol/frame.h"

namespace entitysync::protocol {

// The v1 dialect, in both its forms. client.proto is the schema of record, docs/PROTOCOL.md the
// reference. Pure functions.

enum class V1Form : uint8_t { kJson, kProto };
inline constexpr size_t kV1Forms = 2;

// The subprotocols that name them (RFC 6455 section 1.9).
inline constexpr std::string_view kV1Json = "entity-sync.v1.json";
inline constexpr std::string_view kV1Proto = "entity-sync.v1.proto";

// The most subscriptions or keys in one message.
inline constexpr size_t kMaxV1Items = 1'000;

// A client's message, read.
struct V1Message {
  // With its `ref` even where the rest cannot be used.
  client::v1::ClientMessage message;
  // INVALID_ARGUMENT if the action is known and its body cannot be used.
  absl::Status body;
  // Of a subscribe or unsubscribe: what is wrong with which item, which is empty in the message; OK
  // items are empty here. Empty if all are fine.
  std::vector<std::string> faults;

  // What is wrong with item `index`; empty: nothing.
  std::string_view FaultOf(int index) const {
    return faults.empty() ? std::string_view() : faults[static_cast<size_t>(index)];
  }
};

// Reads one message. An action that is not known here is none (ACTION_NOT_SET), with its `ref`.
// INVALID_ARGUMENT, with what is wrong: this is no message of v1, and nobody knows what it wants.
// Unknown fields are ignored.
absl::StatusOr<V1Message> DecodeV1(V1Form form, std::string_view payload, bool is_binary);

// One event as a websocket message. For those that go to one connection.
Frame EncodeV1(V1Form form, const client::v1::ServerEvent& event);

// A state as all who watch it in this form get it.
Frame EncodeV1State(V1Form form, const base::EntityKey& key, std::string_view version,
                    std::span<const std::string_view> rows);

}  // namespace entitysync::protocol
