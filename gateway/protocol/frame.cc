#include "gateway/protocol/frame.h"

namespace entitysync::protocol {
namespace {

constexpr size_t kMaxShortPayload = 125;
constexpr size_t kMaxMediumPayload = 0xFFFF;

void AppendBigEndian(uint64_t value, int bytes, std::string& out) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> shift) & 0xFF));
  }
}

}  // namespace

void AppendMessage(FrameKind kind, std::string_view payload, std::string& out) {
  constexpr unsigned kFinalFragment = 0x80;
  out.push_back(static_cast<char>(kFinalFragment | static_cast<unsigned>(kind)));
  if (payload.size() <= kMaxShortPayload) {
    out.push_back(static_cast<char>(payload.size()));
  } else if (payload.size() <= kMaxMediumPayload) {
    out.push_back(126);
    AppendBigEndian(payload.size(), 2, out);
  } else {
    out.push_back(127);
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

}  // namespace entitysync::protocol
