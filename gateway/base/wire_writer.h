#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace entitysync::base {

// Writes the wire format of Protocol Buffers; the counterpart of WireReader. A message within a
// message is preceded by its size, so whoever writes one adds up the sizes of its fields first.
//
// Owner and lifetime: a local; what it wrote is taken with Take. Threading: one thread.
// Limits: none. Errors: none.
class WireWriter {
 public:
  // `size`: of all that will be written, if it is known.
  explicit WireWriter(size_t size = 0) { bytes_.reserve(size); }

  static constexpr size_t VarintSize(uint64_t value) {
    return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7;
  }
  // Of whole fields, whose tags have one byte: those of numbers up to 15.
  static constexpr size_t VarintFieldSize(uint64_t value) { return 1 + VarintSize(value); }
  static constexpr size_t BytesFieldSize(size_t size) { return 1 + VarintSize(size) + size; }

  void Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>(value | 0x80));
    bytes_.push_back(static_cast<char>(value));
  }
  // Tags are those of WireReader.
  void VarintField(uint32_t tag, uint64_t value) {
    Varint(tag);
    Varint(value);
  }
  void BytesField(uint32_t tag, std::string_view value) {
    MessageField(tag, value.size());
    bytes_.append(value);
  }
  // What begins a message of `size` bytes, which are written next.
  void MessageField(uint32_t tag, size_t size) {
    Varint(tag);
    Varint(size);
  }

  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

}  // namespace entitysync::base
