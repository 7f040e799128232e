#pragma once

#include <cstddef>
#include <string_view>

namespace entitysync::protocol {

// Walks over valid JSON without understanding it. Views into the text, which outlives the walker.
class JsonWalker {
 public:
  explicit JsonWalker(std::string_view text) : text_(text) {}

  // What comes after white space; NUL at the end.
  char Peek() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  void Skip() { ++at_; }

  // The string that begins here, with its quotes.
  std::string_view TakeString() {
    const size_t begin = at_++;
    for (; text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
    return text_.substr(begin, at_ - begin);
  }

  // The number or word that begins here.
  std::string_view TakeScalar() {
    const size_t begin = at_;
    while (at_ < text_.size() && !IsSpace(text_[at_]) && !EndsScalar(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  // The value that begins here.
  std::string_view TakeValue() {
    if (text_[at_] == '"') return TakeString();
    if (text_[at_] != '{' && text_[at_] != '[') return TakeScalar();
    const size_t begin = at_;
    int depth = 0;
    do {
      const char next = text_[at_];
      if (next == '"') {
        TakeString();
        continue;
      }
      if (next == '{' || next == '[') ++depth;
      if (next == '}' || next == ']') --depth;
      ++at_;
    } while (depth > 0);
    return text_.substr(begin, at_ - begin);
  }

  size_t at() const { return at_; }
  std::string_view Since(size_t begin) const { return text_.substr(begin, at_ - begin); }

 private:
  static bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  static bool EndsScalar(char c) { return c == ',' || c == ']' || c == '}'; }

  const std::string_view text_;
  size_t at_ = 0;
};

}  // namespace entitysync::protocol
