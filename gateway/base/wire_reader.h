#pragma once

#include <cstdint>
#include <string_view>

namespace entitysync::base {

// Reads the wire format of Protocol Buffers field by field, without making message objects: for
// small messages that come by the thousand, where those would cost more than all the rest.
//
// Owner and lifetime: a local over bytes that outlive it; what it reads are views into them.
// Threading: one thread.
// Limits: groups (only ever unknown fields) nest up to kMaxDepth.
// Errors: false, once the bytes are damaged; what was read before stands. It accepts what Protocol
//   Buffers accept, and text that is not UTF-8 besides, which is the caller's affair.
class WireReader {
 public:
  static constexpr int kMaxDepth = 100;

  explicit WireReader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  // Field numbers and wire types as they stand on the wire together.
  static constexpr uint32_t VarintTag(uint32_t field) { return field << 3; }
  static constexpr uint32_t BytesTag(uint32_t field) { return field << 3 | 2; }

  bool AtEnd() const { return at_ == end_; }

  // Each field is a tag, then what ReadVarint, ReadBytes or Skip reads. A message within this one
  // is read as bytes, and those by a reader of their own.
  bool ReadTag(uint32_t& tag) {
    uint64_t value = 0;
    if (!ReadUpTo(kMaxTagBytes, value)) return false;
    tag = static_cast<uint32_t>(value);
    return (tag >> 3) != 0;
  }
  bool ReadVarint(uint64_t& value) { return ReadUpTo(kMaxVarintBytes, value); }
  bool ReadBytes(std::string_view& value) {
    uint64_t size = 0;
    if (!ReadUpTo(kMaxSizeBytes, size) || size > Left()) return false;
    value = std::string_view(at_, static_cast<size_t>(size));
    at_ += size;
    return true;
  }
  bool Skip(uint32_t tag);

  // All fields that are left: `read_field(tag, reader)` reads each or skips it, and says whether
  // that could be done.
  template <typename ReadField>
  bool ReadFields(const ReadField& read_field) {
    uint32_t tag = 0;
    while (!AtEnd()) {
      if (!ReadTag(tag) || !read_field(tag, *this)) return false;
    }
    return true;
  }
  // The same of a message within this one.
  template <typename ReadField>
  bool ReadMessage(const ReadField& read_field) {
    std::string_view bytes;
    return ReadBytes(bytes) && WireReader(bytes).ReadFields(read_field);
  }

 private:
  static constexpr int kMaxTagBytes = 5;
  static constexpr int kMaxSizeBytes = 5;
  static constexpr int kMaxVarintBytes = 10;

  uint64_t Left() const { return static_cast<uint64_t>(end_ - at_); }

  // A varint of at most so many bytes. Most have one.
  bool ReadUpTo(int max_bytes, uint64_t& value) {
    if (at_ == end_ || static_cast<uint8_t>(*at_) >= 0x80) return ReadLong(max_bytes, value);
    value = static_cast<uint8_t>(*at_++);
    return true;
  }
  bool ReadLong(int max_bytes, uint64_t& value);
  bool SkipBytes(uint64_t count);
  bool SkipGroup(uint32_t field);

  const char* at_;
  const char* const end_;
  int depth_ = kMaxDepth;
};

}  // namespace entitysync::base
