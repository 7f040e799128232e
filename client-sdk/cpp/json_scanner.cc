#include "client-sdk/cpp/json_scanner.h"

#include "client-sdk/cpp/json_string.h"

namespace entitysync::client {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

}  // namespace

char JsonScanner::Peek() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return c;
    ++at_;
  }
  return 0;
}

bool JsonScanner::Take(char expected) {
  if (Peek() != expected || at_ == text_.size()) return false;
  ++at_;
  return true;
}

bool JsonScanner::String(std::string_view& inside) {
  if (Peek() != '"') return false;
  const size_t begin = at_ + 1;
  if (!SkipString()) return false;
  inside = text_.substr(begin, at_ - 1 - begin);
  return true;
}

bool JsonScanner::Scalar(std::string_view& scalar) {
  const char next = Peek();
  const size_t begin = at_;
  if (next == '"') {
    if (!SkipString()) return false;
  } else if (next == '-' || IsDigit(next)) {
    if (!SkipNumber()) return false;
  } else {
    for (const std::string_view word : {"true", "false", "null"}) {
      if (text_.substr(at_, word.size()) == word) at_ += word.size();
      if (at_ != begin) break;
    }
  }
  scalar = text_.substr(begin, at_ - begin);
  return at_ != begin;
}

bool JsonScanner::Value(std::string_view& value) {
  Peek();
  const size_t begin = at_;
  if (!Skip(0)) return false;
  value = text_.substr(begin, at_ - begin);
  return true;
}

bool JsonScanner::Skip(int depth) {
  if (depth > kMaxJsonDepth) return false;
  const char next = Peek();
  if (next == '{') return SkipMembers(depth);
  if (next == '[') return SkipElements(depth);
  std::string_view scalar;
  return Scalar(scalar);
}

bool JsonScanner::SkipMembers(int depth) {
  ++at_;
  if (Take('}')) return true;
  do {
    std::string_view name;
    if (!String(name) || !Take(':') || !Skip(depth + 1)) return false;
  } while (Take(','));
  return Take('}');
}

bool JsonScanner::SkipElements(int depth) {
  ++at_;
  if (Take(']')) return true;
  do {
    if (!Skip(depth + 1)) return false;
  } while (Take(','));
  return Take(']');
}

bool JsonScanner::SkipString() {
  for (++at_; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      return true;
    }
    if (static_cast<unsigned char>(c) < 0x20) return false;
    if (c != '\\') continue;
    if (++at_ == text_.size()) return false;
    if (text_[at_] == 'u') {
      for (int digits = 0; digits < 4; ++digits) {
        if (++at_ >= text_.size() || !IsHexDigit(text_[at_])) return false;
      }
    } else if (std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos) {
      return false;
    }
  }
  return false;
}

bool JsonScanner::SkipNumber() {
  const auto is = [&](std::string_view those) {
    return at_ < text_.size() && those.find(text_[at_]) != std::string_view::npos;
  };
  if (is("-")) ++at_;
  if (is("0")) {
    ++at_;
  } else if (!SkipDigits()) {
    return false;
  }
  if (is(".")) {
    ++at_;
    if (!SkipDigits()) return false;
  }
  if (is("eE")) {
    ++at_;
    if (is("+-")) ++at_;
    if (!SkipDigits()) return false;
  }
  return true;
}

bool JsonScanner::SkipDigits() {
  const size_t begin = at_;
  while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
  return at_ > begin;
}

bool IsJson(std::string_view text) {
  JsonScanner scanner(text);
  std::string_view value;
  return scanner.Value(value) && scanner.AtEnd();
}

std::optional<std::vector<std::string_view>> ElementsOf(std::string_view json) {
  JsonScanner scanner(json);
  std::vector<std::string_view> elements;
  if (!scanner.Take('[')) return std::nullopt;
  if (!scanner.Take(']')) {
    do {
      if (!scanner.Value(elements.emplace_back())) return std::nullopt;
    } while (scanner.Take(','));
    if (!scanner.Take(']')) return std::nullopt;
  }
  if (!scanner.AtEnd()) return std::nullopt;
  return elements;
}

std::optional<Members> MembersOf(std::string_view json) {
  JsonScanner scanner(json);
  Members members;
  if (!scanner.Take('{')) return std::nullopt;
  if (!scanner.Take('}')) {
    do {
      std::string_view name, value;
      if (!scanner.String(name) || !scanner.Take(':') || !scanner.Value(value)) return std::nullopt;
      members.emplace_back(Unescaped(name), value);
    } while (scanner.Take(','));
    if (!scanner.Take('}')) return std::nullopt;
  }
  if (!scanner.AtEnd()) return std::nullopt;
  return members;
}

}  // namespace entitysync::client
