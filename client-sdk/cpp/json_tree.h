#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace entitysync::client {

struct Json;

// Nodes are shared between documents and never changed while anybody else has them (see JsonPatch).
using JsonPtr = std::shared_ptr<Json>;

// Objects with more members than this are looked through by a table where that is done often.
inline constexpr size_t kFewMembers = 16;

// A member of an object. The name is what stands between its quotes, escapes and all. Without a
// value it is none any more: a patch on its way removes members so, lest all behind them move.
struct JsonMember {
  std::string name;
  JsonPtr value;
};

// A JSON value as the tree of its texts: scalars are kept as they were written, so that nothing is
// lost of numbers that no machine word holds. Objects keep the order of their members; of several
// with one name the last counts and the others are dropped.
struct Json {
  std::variant<std::string, std::vector<JsonPtr>, std::vector<JsonMember>> value;

  const std::string* scalar() const { return std::get_if<0>(&value); }
  std::vector<JsonPtr>* list() { return std::get_if<1>(&value); }
  const std::vector<JsonPtr>* list() const { return std::get_if<1>(&value); }
  std::vector<JsonMember>* object() { return std::get_if<2>(&value); }
  const std::vector<JsonMember>* object() const { return std::get_if<2>(&value); }
};

// The tree of a text that is one JSON value, nested up to kMaxJsonDepth deep; else null.
JsonPtr ParseJson(std::string_view text);

// Compact JSON.
std::string TextOf(const Json& json);

// Whether two values are equal in the sense of RFC 6902 (4.6): numbers as numbers, strings as what
// they stand for, objects in any order.
bool SameValue(const Json& a, const Json& b);

// The member of this (unescaped) name; null if there is none.
JsonMember* FindMember(Json& object, std::string_view name);
const JsonMember* FindMember(const Json& object, std::string_view name);

// The text that a string stands for; null if the value is absent or no string.
std::unique_ptr<std::string> StringOf(const JsonMember* member);

}  // namespace entitysync::client
