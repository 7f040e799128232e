#include "gateway/protocol/frame.h"

namespace entitysync::protocol {
namespace {

constexpr size_t kMaxShortPayload = 125;
constexpr size_t kMaxMediumPayload = 0xFFFF;
// Lengths that stand for "in the next two bytes" and "in the next eight".
constexpr char kMediumLength = 126;
constexpr char kLongLength = 127;

void AppendBigEndian(uint64_t value, int bytes, std::string& out) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> shift) & 0xFF));
  }
}

uint64_t ReadBigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

}  // namespace

void AppendMessage(FrameKind kind, std::string_view payload, std::string& out, PayloadForm form) {
  constexpr unsigned kFinalFragment = 0x80;
  out.push_back(static_cast<char>(kFinalFragment | static_cast<unsigned>(form) |
                                  static_cast<unsigned>(kind)));
  if (payload.size() <= kMaxShortPayload) {
    out.push_back(static_cast<char>(payload.size()));
  } else if (payload.size() <= kMaxMediumPayload) {
    out.push_back(kMediumLength);
    AppendBigEndian(payload.size(), 2, out);
  } else {
    out.push_back(kLongLength);
    AppendBigEndian(payload.size(), 8, out);
  }
  out.append(payload);
}

size_t MessageBytes(size_t payload_bytes) {
  const size_t header = payload_bytes <= kMaxShortPayload    ? 2
                        : payload_bytes <= kMaxMediumPayload ? 4
                                                             : 10;
  return header + payload_bytes;
}

MessageView TakeMessage(std::string_view& frame) {
  const size_t length_bytes = frame[1] == kMediumLength ? 2 : frame[1] == kLongLength ? 8 : 0;
  const uint64_t payload_bytes = length_bytes == 0 ? static_cast<uint64_t>(frame[1])
                                                   : ReadBigEndian(frame.substr(2, length_bytes));
  const size_t header_bytes = 2 + length_bytes;
  const MessageView message = {.kind = static_cast<FrameKind>(frame[0] & 0x0F),
                               .payload = frame.substr(header_bytes, payload_bytes),
                               .bytes = frame.substr(0, header_bytes + payload_bytes)};
  frame.remove_prefix(message.bytes.size());
  return message;
}

}  // namespace entitysync::protocol
