#include "service/utf8.h"

#include <cstddef>

namespace entitysync::service {
namespace {

// How many bytes the UTF-8 sequence at the start of `text` has; 0 if it is not one (RFC 3629: no
// surrogates, no overlong forms, nothing above U+10FFFF).
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool out_of_range = (first == 0xE0 && byte(1) < 0xA0) ||
                            (first == 0xED && byte(1) > 0x9F) ||
                            (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F);
  return out_of_range ? 0 : length;
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace entitysync::service
