#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace entitysync::client {

// How deep values may be nested, in events and in what patches make: bounds the use of the stack.
// Rows may be nested 128 deep; the rest is room for what stands around them.
inline constexpr int kMaxJsonDepth = 256;

// Reads JSON text without changing it, so that parts of it can be handed on as they stand.
//
// Purpose: moves over one token or value of a text (RFC 8259) and tells where it stands.
// Owner and lifetime: a stack frame; the text must outlive it and all views that it gave.
// Threading: none. Limits: kMaxJsonDepth. Errors: false where the text is not what is asked for;
// the position is then of no use.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : text_(text) {}

  // The first character of the next token; 0 at the end of the text.
  char Peek();

  // Whether nothing but space is left.
  bool AtEnd() { return Peek() == 0 && at_ == text_.size(); }

  // Moves over this character, if it is next.
  bool Take(char expected);

  // Moves over a string; `inside` is what stands between its quotes.
  bool String(std::string_view& inside);

  // Moves over a string, number, true, false or null.
  bool Scalar(std::string_view& scalar);

  // Moves over any value.
  bool Value(std::string_view& value);

 private:
  bool Skip(int depth);
  bool SkipMembers(int depth);
  bool SkipElements(int depth);
  bool SkipString();
  bool SkipNumber();
  bool SkipDigits();

  std::string_view text_;
  size_t at_ = 0;
};

// Whether the text is one JSON value.
bool IsJson(std::string_view text);

// The elements of a list, and the members of an object (names unescaped); none if it is no such.
std::optional<std::vector<std::string_view>> ElementsOf(std::string_view json);
using Members = std::vector<std::pair<std::string, std::string_view>>;
std::optional<Members> MembersOf(std::string_view json);

}  // namespace entitysync::client
