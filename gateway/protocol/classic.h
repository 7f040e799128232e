#pragma once

#include <string>
#include <string_view>

#include "gateway/base/content_hash.h"
#include "gateway/base/entity_key.h"
#include "gateway/protocol/frame.h"

namespace entitysync::protocol {

// The classic dialect: that of the original Go library Entity Sync. docs/PROTOCOL.md is the
// reference. Pure functions.

// JSON nested deeper than this is not ours: it is passed through.
inline constexpr int kMaxClassicJsonDepth = 256;

// A client's message, understood.
struct ClassicMessage {
  enum class Kind {
    kSubscribe,    // `key` is valid.
    kUnsubscribe,  // `key` is valid.
    kSecret,       // `secret` is the new credential, perhaps empty.
    kPassThrough,  // Not ours: the application may want it.
    kUnusable,     // Ours, but its body cannot be used: dropped and counted.
  };
  Kind kind = Kind::kPassThrough;
  base::EntityKey key;
  std::string secret;
};

// Reads one message as the original's Go server would: JSON names match in any letter case, unknown
// fields are ignored, null is the same as absent.
ClassicMessage DecodeClassic(std::string_view payload, bool is_binary);

// One state as classic clients get it: every row as a message of its own, in order, no envelope.
struct ClassicState {
  Frame frame;               // All rows' messages, one after the other; empty for no rows.
  size_t rows_not_utf8 = 0;  // These go as binary messages: browsers drop a bad text frame's link.
};
ClassicState EncodeClassic(const base::Rows& rows);

// A single message to a client, as text where it can be.
Frame EncodeClassicReply(std::string_view data, bool is_binary);

}  // namespace entitysync::protocol
