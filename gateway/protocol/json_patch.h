#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace entitysync::protocol {

// A JSON Patch (RFC 6902) that makes the array of the rows `to` of the array of the rows `from`:
// the text of the array of its operations, which are "add", "remove" and "replace".
//
// Purpose: values go over as they stand in `to`, byte for byte, and two numbers are the same only
//   if they are written the same: a parser's precision never hides a difference. What comes out of
//   the patch equals `to` as JSON values do, where the order of members and white space are
//   nothing.
// Limits: nothing if the text would have more than `max_bytes`; nothing for rows that are no JSON
//   documents (see IsJson) or have two members of one name. Takes time and memory in proportion to
//   the rows. Where elements of an array moved, the patch is valid but not short.
std::optional<std::string> MakeJsonPatch(std::span<const std::string_view> from,
                                         std::span<const std::string_view> to, size_t max_bytes);

}  // namespace entitysync::protocol
