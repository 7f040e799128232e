#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bench/lib/row.h"

namespace entitysync::bench {

// How clients of the classic dialect speak: all that a connection needs to know of it. Another
// dialect is another class with these functions.
class ClassicDialect {
 public:
  // Appended as frames.
  static void PresentSecret(std::string_view secret, std::string& out);
  static void Subscribe(uint32_t key, std::string& out);

  // The state in a text message; nothing if it is none.
  static std::optional<Row> StateIn(std::string_view message) { return ReadRow(message); }
};

}  // namespace entitysync::bench
