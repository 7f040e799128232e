#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace entitysync::simulation {

// One row of the model application: it says of which key, for whom, and of which of the key's
// states it is, and its place among the state's rows.
struct Row {
  uint64_t key = 0;
  std::string secret;  // "*": the same for all.
  uint64_t serial = 0;
  uint64_t index = 0;
  uint64_t count = 0;
};

// `padding`: so many bytes more, which compress well.
std::string WriteRow(const Row& row, size_t padding = 0);
// The same as a JSON document, in which not every member is always there.
std::string WriteJsonRow(const Row& row, size_t padding);
// Reads either.
Row ReadRow(std::string_view text);

// What a story tells of a row: not all of a long one.
inline std::string ForStory(const std::string& row) { return row.substr(0, 64); }

// The payloads of the websocket messages in a frame, in order; of compressed ones what they hold.
std::vector<std::string> MessagesOf(std::string_view frame);

// The secrets that clients present: "s0", "s1", ...
inline std::string SecretName(uint64_t index) { return "s" + std::to_string(index); }

}  // namespace entitysync::simulation
