#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace entitysync::protocol {

// JSON as text, for what goes on byte for byte. Pure functions.

// JSON nested deeper than this is treated as no JSON at all.
inline constexpr int kMaxJsonDepth = 128;

// Whether `text` is one JSON document (RFC 8259) in UTF-8, not nested deeper than kMaxJsonDepth.
bool IsJson(std::string_view text);

// The text of a member's value, byte for byte as it stands in `object`; of several with that name
// the last one's, empty if there is none. `object` is the text of a JSON object, known to be valid.
std::string_view RawMember(std::string_view object, std::string_view name);

// What a string of valid JSON, given with its quotes, says.
std::string UnquoteJson(std::string_view quoted);

// Appends `text`, which is UTF-8, as a JSON string with its quotes.
void AppendJsonString(std::string_view text, std::string& out);

}  // namespace entitysync::protocol
