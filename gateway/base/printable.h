#pragma once

#include <string>
#include <string_view>

namespace entitysync::base {

// `text` from outside made fit for a log line or a status message: printable ASCII stays, except
// that backslash and quote get a backslash; every other byte becomes \xHH. Of text that would take
// more than `max_bytes` only the beginning is kept, never a part of a UTF-8 sequence, and "..."
// follows (the result has at most max_bytes + 3 bytes).
inline std::string Printable(std::string_view text, size_t max_bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  const auto is_tail = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  std::string out;
  size_t whole = 0;  // Where the last complete sequence ends in `out`.
  for (const char c : text) {
    if (!is_tail(c)) whole = out.size();
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\' || c == '"') {
      out += {'\\', c};
    } else if (byte >= 0x20 && byte < 0x7F) {
      out += c;
    } else {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
    if (out.size() > max_bytes) return out.substr(0, whole) + "...";
  }
  return out;
}

}  // namespace entitysync::base
