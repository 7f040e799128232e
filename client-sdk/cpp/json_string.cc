#include "client-sdk/cpp/json_string.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <limits>

namespace entitysync::client {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

bool IsHighSurrogate(uint32_t code) { return code >= 0xD800 && code < 0xDC00; }
bool IsLowSurrogate(uint32_t code) { return code >= 0xDC00 && code < 0xE000; }

// The code unit of the escape whose four digits begin at `at`.
uint32_t CodeUnit(std::string_view text, size_t at) {
  uint32_t unit = 0;
  std::from_chars(text.data() + at, text.data() + std::min(at + 4, text.size()), unit, 16);
  return unit;
}

// The code point of the escape \uXXXX at `at`; a pair of surrogates is one. Moves behind it.
uint32_t EscapedCodePoint(std::string_view text, size_t& at) {
  const uint32_t high = CodeUnit(text, at + 2);
  at += 6;
  if (!IsHighSurrogate(high) || text.substr(at, 2) != "\\u") return high;
  const uint32_t low = CodeUnit(text, at + 2);
  if (!IsLowSurrogate(low)) return high;
  at += 6;
  return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

void AppendUtf8(uint32_t code, std::string& out) {
  const auto tail = [&](int shift) {
    out.push_back(static_cast<char>(0x80 | ((code >> shift) & 0x3F)));
  };
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (code >> 6)));
    tail(0);
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | (code >> 12)));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xF0 | (code >> 18)));
    tail(12);
    tail(6);
    tail(0);
  }
}

void AppendUnicodeEscape(uint32_t unit, std::string& out) {
  out += "\\u";
  for (const int shift : {12, 8, 4, 0}) out.push_back(kHex[(unit >> shift) & 0xF]);
}

// The number of bytes of the well-formed character at the begin of `text`; 0 if there is none.
size_t CharacterLength(std::string_view text) {
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xED && byte(1) >= 0xA0;
  const bool too_large = lead == 0xF4 && byte(1) >= 0x90;
  return overlong || surrogate || too_large ? 0 : length;
}

// Larger exponents are not calculated with.
constexpr int64_t kMaxExponent = 1'000'000'000;

// A number without the ways there are to write it: its digits, without zeros at either end, are
// those behind the point, and it is that times ten to the power of `exponent`.
struct Decimal {
  bool negative = false;
  std::string digits;
  int64_t exponent = 0;

  bool operator==(const Decimal&) const = default;
};

Decimal DecimalOf(std::string_view text) {
  Decimal number;
  if (text.starts_with('-')) {
    number.negative = true;
    text.remove_prefix(1);
  }
  const size_t e = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, e);
  const size_t point = std::min(mantissa.find('.'), mantissa.size());
  number.digits = mantissa.substr(0, point);
  if (point < mantissa.size()) number.digits += mantissa.substr(point + 1);
  const size_t zeros = std::min(number.digits.find_first_not_of('0'), number.digits.size());
  number.digits.erase(0, zeros);
  number.digits.erase(number.digits.find_last_not_of('0') + 1);
  if (number.digits.empty()) return Decimal{};  // -0 is 0.
  if (e != std::string_view::npos) {
    std::string_view power = text.substr(e + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    const auto [end, error] =
        std::from_chars(power.data(), power.data() + power.size(), number.exponent);
    if (error != std::errc() || number.exponent > kMaxExponent || number.exponent < -kMaxExponent) {
      // Numbers beyond all bounds are the same if they are written so.
      number.digits.append("e").append(power);
      number.exponent = 0;
    }
  }
  number.exponent += static_cast<int64_t>(point) - static_cast<int64_t>(zeros);
  return number;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string Escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(text[i]);
    } else if (c < 0x20) {
      AppendUnicodeEscape(c, out);
    } else if (c == 0xED && i + 2 < text.size() &&
               static_cast<unsigned char>(text[i + 1]) >= 0xA0) {
      AppendUnicodeEscape(0xD000 | ((text[i + 1] & 0x3Fu) << 6) | (text[i + 2] & 0x3Fu), out);
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string Quoted(std::string_view text) { return '"' + Escaped(text) + '"'; }

std::string Unescaped(std::string_view inside) {
  if (inside.find('\\') == std::string_view::npos) return std::string(inside);
  std::string out;
  for (size_t i = 0; i < inside.size();) {
    if (inside[i] != '\\' || i + 1 == inside.size()) {
      out.push_back(inside[i++]);
    } else if (inside[i + 1] == 'u') {
      AppendUtf8(EscapedCodePoint(inside, i), out);
    } else {
      constexpr std::string_view kNames = "bfnrt", kMeanings = "\b\f\n\r\t";
      const size_t at = kNames.find(inside[i + 1]);
      out.push_back(at == std::string_view::npos ? inside[i + 1] : kMeanings[at]);
      i += 2;
    }
  }
  return out;
}

bool HasLoneSurrogate(std::string_view json) {
  for (size_t i = json.find('\\'); i < json.size(); i = json.find('\\', i)) {
    if (json.substr(i, 2) != "\\u") {
      i += 2;
      continue;
    }
    const uint32_t code = EscapedCodePoint(json, i);
    if (IsHighSurrogate(code) || IsLowSurrogate(code)) return true;
  }
  return false;
}

bool SameNumber(std::string_view a, std::string_view b) { return DecimalOf(a) == DecimalOf(b); }

}  // namespace entitysync::client
