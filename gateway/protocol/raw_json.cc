#include "gateway/protocol/raw_json.h"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "gateway/protocol/json_walker.h"

namespace entitysync::protocol {
namespace {

namespace json = boost::json;

json::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// Whether a string with its quotes says `name`.
bool Says(std::string_view quoted, std::string_view name) {
  if (quoted.find('\\') != std::string_view::npos) return UnquoteJson(quoted) == name;
  return quoted.substr(1, quoted.size() - 2) == name;
}

}  // namespace

bool IsJson(std::string_view text) {
  unsigned char buffer[4096];
  json::monotonic_resource memory(buffer, sizeof(buffer));
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::error_code error;
  json::parse(View(text), error, &memory, options);
  return !error;
}

std::string_view RawMember(std::string_view object, std::string_view name) {
  std::string_view found;
  JsonWalker walker(object);
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

std::string UnquoteJson(std::string_view quoted) {
  if (quoted.find('\\') == std::string_view::npos) {
    return std::string(quoted.substr(1, quoted.size() - 2));
  }
  const json::value value = json::parse(View(quoted));
  return std::string(value.get_string());
}

void AppendJsonString(std::string_view text, std::string& out) {
  out += json::serialize(json::string(View(text)));
}

}  // namespace entitysync::protocol
