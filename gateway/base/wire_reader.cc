#include "gateway/base/wire_reader.h"

namespace entitysync::base {
namespace {

enum WireType : uint32_t { kVarint, kFixed64, kBytes, kStartGroup, kEndGroup, kFixed32 };

}  // namespace

bool WireReader::ReadLong(int max_bytes, uint64_t& value) {
  value = 0;
  for (int i = 0; i < max_bytes && at_ != end_; ++i) {
    const auto byte = static_cast<uint8_t>(*at_++);
    // Bits beyond the 64th are dropped.
    value |= uint64_t{byte & 0x7Fu} << (7 * i);
    if (byte < 0x80) return true;
  }
  return false;
}

bool WireReader::Skip(uint32_t tag) {
  uint64_t varint = 0;
  std::string_view bytes;
  switch (tag & 7) {
    case kVarint:
      return ReadVarint(varint);
    case kFixed64:
      return SkipBytes(8);
    case kBytes:
      return ReadBytes(bytes);
    case kStartGroup:
      return SkipGroup(tag >> 3);
    case kFixed32:
      return SkipBytes(4);
    default:
      return false;
  }
}

bool WireReader::SkipBytes(uint64_t count) {
  if (count > Left()) return false;
  at_ += count;
  return true;
}

bool WireReader::SkipGroup(uint32_t field) {
  if (--depth_ < 0) return false;
  uint32_t tag = 0;
  while (ReadTag(tag)) {
    if ((tag & 7) == kEndGroup) {
      ++depth_;
      return tag >> 3 == field;
    }
    if (!Skip(tag)) return false;
  }
  return false;
}

}  // namespace entitysync::base
