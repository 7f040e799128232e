#include "gateway/ws/compressed_input.h"

#include <algorithm>

namespace entitysync::ws {
namespace {

// RFC 6455 section 5.2.
constexpr uint8_t kFin = 0x80;
constexpr uint8_t kRsv1 = 0x40;
constexpr uint8_t kOpcode = 0x0F;
constexpr uint8_t kControl = 0x08;
constexpr uint8_t kText = 0x1;
constexpr uint8_t kBinary = 0x2;
constexpr uint8_t kMask = 0x80;
constexpr uint8_t kMaskBytes = 4;
constexpr uint8_t kBaseHeader = 2;

}  // namespace

size_t CompressedInput::Pass(std::span<uint8_t> bytes) {
  size_t at = 0;
  is_at_end_ = false;
  while (at < bytes.size() && !is_at_end_) {
    if (header_at_ < header_size_) {
      OnHeaderByte(bytes[at++]);
    } else {
      const uint64_t skipped = std::min<uint64_t>(payload_left_, bytes.size() - at);
      payload_left_ -= skipped;
      at += skipped;
    }
    if (header_at_ < header_size_ || payload_left_ > 0) continue;
    header_at_ = 0;
    header_size_ = kBaseHeader;
    is_at_end_ = ends_message_;
  }
  return at;
}

void CompressedInput::OnHeaderByte(uint8_t& byte) {
  const uint8_t position = header_at_++;
  if (position == 0) {
    const uint8_t opcode = byte & kOpcode;
    ends_message_ = (byte & kFin) != 0 && (opcode & kControl) == 0;
    if (opcode != kText && opcode != kBinary) return;
    is_compressed_ = (byte & kRsv1) != 0;
    is_text_ = opcode == kText;
    if (is_compressed_) byte = static_cast<uint8_t>((byte & ~(kRsv1 | kOpcode)) | kBinary);
  } else if (position == 1) {
    const uint8_t length = byte & ~kMask;
    const uint8_t length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
    payload_left_ = length_bytes == 0 ? length : 0;
    length_end_ = kBaseHeader + length_bytes;
    header_size_ = length_end_ + ((byte & kMask) != 0 ? kMaskBytes : 0);
  } else if (position < length_end_) {
    payload_left_ = payload_left_ << 8 | byte;
  }
}

}  // namespace entitysync::ws
