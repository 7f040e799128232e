#include "bench/lib/frame_stream.h"

namespace entitysync::bench {
namespace {

constexpr size_t kMaxPayloadBytes = 16 << 20;
constexpr size_t kMaskBytes = 4;

// Clients have to mask, and any key is allowed: a fixed one costs the least.
constexpr unsigned char kMask[kMaskBytes] = {0x37, 0xFA, 0x21, 0x3D};

uint64_t BigEndian(std::span<const char> bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

// Whether a frame may begin like this, with permessage-deflate or without.
bool MayBegin(uint8_t first, uint8_t second) {
  if ((first & 0x30) != 0) return false;  // Bits that nobody negotiated.
  const uint8_t opcode = first & 0x0F;
  if (opcode <= kBinaryFrame) return true;
  const bool is_whole = (first & 0xC0) == 0x80 && (second & 0x7F) < 126;
  return opcode >= kCloseFrame && opcode <= kPongFrame && is_whole;
}

size_t LengthBytes(uint8_t length) { return length == 126 ? 2 : length == 127 ? 8 : 0; }

}  // namespace

size_t FindFrame(std::span<char> bytes, Frame& frame) {
  if (bytes.size() < 2) return 0;
  const auto first = static_cast<uint8_t>(bytes[0]);
  const auto second = static_cast<uint8_t>(bytes[1]);
  if (!MayBegin(first, second)) return kNotAFrame;
  const bool masked = (second & 0x80) != 0;
  uint64_t length = second & 0x7F;
  const size_t extended = LengthBytes(static_cast<uint8_t>(length));
  const size_t header = 2 + extended + (masked ? kMaskBytes : 0);
  if (bytes.size() < header) return 0;
  if (extended > 0) length = BigEndian(bytes.subspan(2, extended));
  if (length > kMaxPayloadBytes) return kNotAFrame;
  if (bytes.size() - header < length) return 0;
  char* const payload = bytes.data() + header;
  if (masked) {
    const char* const mask = payload - kMaskBytes;
    for (size_t i = 0; i < length; ++i) payload[i] ^= mask[i % kMaskBytes];
  }
  frame.opcode = first & 0x0F;
  frame.is_final = (first & 0x80) != 0;
  frame.is_compressed = (first & 0x40) != 0;
  frame.payload = {payload, static_cast<size_t>(length)};
  return header + length;
}

void AppendFrame(uint8_t opcode, bool masked, std::string_view payload, std::string& out) {
  const size_t length = payload.size();
  const uint8_t mask_bit = masked ? 0x80 : 0;
  out.push_back(static_cast<char>(0x80 | opcode));
  if (length < 126) {
    out.push_back(static_cast<char>(mask_bit | length));
  } else {
    const size_t extended = length <= 0xFFFF ? 2 : 8;
    out.push_back(static_cast<char>(mask_bit | (extended == 2 ? 126 : 127)));
    for (size_t i = extended; i-- > 0;) {
      out.push_back(static_cast<char>(length >> (8 * i) & 0xFF));
    }
  }
  if (!masked) {
    out.append(payload);
    return;
  }
  out.append(reinterpret_cast<const char*>(kMask), kMaskBytes);
  for (size_t i = 0; i < length; ++i) {
    out.push_back(static_cast<char>(payload[i] ^ kMask[i % kMaskBytes]));
  }
}

}  // namespace entitysync::bench
