#pragma once

#include <string>
#include <string_view>

// The texts of JSON strings and numbers.
namespace entitysync::client {

// Whether this is well-formed UTF-8: no surrogates, nothing overlong, nothing above U+10FFFF.
bool IsUtf8(std::string_view text);

// What stands between the quotes of a JSON string for this text, and the whole string.
std::string Escaped(std::string_view text);
std::string Quoted(std::string_view text);

// The text that a JSON string stands for, from what is between its quotes. Half a surrogate pair,
// which no UTF-8 can hold, becomes the three bytes that it would have; Escaped turns these back.
std::string Unescaped(std::string_view inside);

// Whether a valid JSON text has a \u escape that is half a surrogate pair: no Unicode text.
bool HasLoneSurrogate(std::string_view json);

// Whether the texts of two JSON numbers mean the same number, whatever its size and precision.
bool SameNumber(std::string_view a, std::string_view b);

}  // namespace entitysync::client
