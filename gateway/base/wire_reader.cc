#include "gateway/base/wire_reader.h"

namespace entitysync::base {
namespace {

enum WireType : uint32_t { kVarint, kFixed64, kBytes, kStartGroup, kEndGroup, kFixed32 };

constexpr int kMaxTagBytes = 5;
constexpr int kMaxSizeBytes = 5;
constexpr int kMaxVarintBytes = 10;

// A varint of at most `max_bytes`; bits beyond the 64th are dropped.
bool ReadVarintUpTo(int max_bytes, const char*& at, const char* end, uint64_t& value) {
  value = 0;
  for (int i = 0; i < max_bytes && at != end; ++i) {
    const auto byte = static_cast<uint8_t>(*at++);
    value |= uint64_t{byte & 0x7Fu} << (7 * i);
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace

bool WireReader::ReadTag(uint32_t& tag) {
  uint64_t value = 0;
  if (!ReadVarintUpTo(kMaxTagBytes, at_, end_, value)) return false;
  tag = static_cast<uint32_t>(value);
  return (tag >> 3) != 0;
}

bool WireReader::ReadVarint(uint64_t& value) {
  return ReadVarintUpTo(kMaxVarintBytes, at_, end_, value);
}

bool WireReader::ReadBytes(std::string_view& value) {
  uint64_t size = 0;
  if (!ReadVarintUpTo(kMaxSizeBytes, at_, end_, size)) return false;
  value = std::string_view(at_, 0);
  if (!SkipBytes(size)) return false;
  value = std::string_view(value.data(), static_cast<size_t>(size));
  return true;
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
  if (count > static_cast<uint64_t>(end_ - at_)) return false;
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
