#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/config/problem.h"

namespace entitysync::config {

// One value of a YAML document and where it stands. A tree of plain values.
struct Node {
  enum class Kind : uint8_t { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  Place place;
  std::string text;         // Of a scalar.
  std::string key;          // Within a map.
  Place key_place;          // Within a map.
  std::vector<Node> items;  // Of a list or map, in order; keys may repeat.
};

// Reads one YAML document; an empty one is an empty map. Bounded whatever the text holds: 1 MiB,
// 50,000 values, 16 levels, and neither anchors, aliases nor tags, with which a small text can
// stand for a huge one. What breaks these rules or the syntax is the one problem returned; it shows
// nothing of the text. No exception leaves.
std::variant<Node, Problem> ParseDocument(std::string_view yaml, const std::string& source);

}  // namespace entitysync::config
