#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace entitysync::protocol {

// One or more complete websocket messages as they go over the wire from the server (RFC 6455
// section 5: unmasked, FIN set), built once and shared by all their receivers. Never null where a
// Frame is passed.
using Frame = std::shared_ptr<const std::string>;

enum class FrameKind : uint8_t { kText = 0x1, kBinary = 0x2 };

// Appends one message of `kind`, header and payload, to `out`.
void AppendMessage(FrameKind kind, std::string_view payload, std::string& out);

// How many bytes AppendMessage appends for a payload of `payload_bytes`.
size_t MessageBytes(size_t payload_bytes);

}  // namespace entitysync::protocol
