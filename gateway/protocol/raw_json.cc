#include "gateway/protocol/raw_json.h"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace entitysync::protocol {
namespace {

namespace json = boost::json;

// Walks over valid JSON without understanding it.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) {}

  char Peek() {
    while (at_ < text_.size() && text_.find_first_of(" \t\r\n", at_) == at_) ++at_;
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

  // The value that begins here.
  std::string_view TakeValue() {
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
    } while (at_ < text_.size() && (depth > 0 || IsInScalar(begin)));
    return text_.substr(begin, at_ - begin);
  }

 private:
  // Whether the value from `begin` on is a number or a word that goes on here.
  bool IsInScalar(size_t begin) const {
    const char first = text_[begin];
    return first != '"' && first != '{' && first != '[' &&
           text_.find_first_of(" \t\r\n,]}", at_) != at_;
  }

  const std::string_view text_;
  size_t at_ = 0;
};

// Whether a string with its quotes says `name`.
bool Says(std::string_view quoted, std::string_view name) {
  if (quoted.find('\\') == std::string_view::npos) {
    return quoted.substr(1, quoted.size() - 2) == name;
  }
  const json::value value = json::parse(json::string_view(quoted.data(), quoted.size()));
  return value.get_string() == json::string_view(name.data(), name.size());
}

}  // namespace

bool IsJson(std::string_view text) {
  unsigned char buffer[4096];
  json::monotonic_resource memory(buffer, sizeof(buffer));
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::error_code error;
  json::parse(json::string_view(text.data(), text.size()), error, &memory, options);
  return !error;
}

std::string_view RawMember(std::string_view object, std::string_view name) {
  std::string_view found;
  Walker walker(object);
  walker.Peek();
  walker.Skip();  // The brace.
  while (walker.Peek() == '"') {
    const std::string_view key = walker.TakeString();
    walker.Peek();
    walker.Skip();  // The colon.
    walker.Peek();
    const std::string_view value = walker.TakeValue();
    if (Says(key, name)) found = value;
    if (walker.Peek() == ',') walker.Skip();
  }
  return found;
}

}  // namespace entitysync::protocol
