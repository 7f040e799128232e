#include "bench/lib/line_commands.h"

#include <absl/strings/str_cat.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace entitysync::bench {
namespace {

absl::StatusOr<boost::json::object> CarryOut(const std::string& line, const Commands& commands) {
  boost::json::error_code error;
  const boost::json::value parsed = boost::json::parse(line, error);
  if (error || !parsed.is_object()) {
    return absl::InvalidArgumentError("a command is one JSON object in one line");
  }
  Parameters parameters(parsed.get_object());
  const auto command = commands.find(parameters.Text("do", ""));
  if (command != commands.end()) return command->second(parameters);
  std::string known;
  for (const auto& [name, ignored] : commands) {
    absl::StrAppend(&known, known.empty() ? "" : ", ", name);
  }
  return absl::InvalidArgumentError(absl::StrCat("\"do\" has to be one of ", known));
}

}  // namespace

void ServeLines(std::istream& in, std::ostream& out, const Commands& commands) {
  std::string line;
  while (std::getline(in, line)) {
    const absl::StatusOr<boost::json::object> answer = CarryOut(line, commands);
    boost::json::object written{{"ok", answer.ok()}};
    if (answer.ok()) {
      for (const auto& member : *answer) written.insert(member);
    } else {
      const absl::string_view message = answer.status().message();
      written["error"] = boost::json::string_view(message.data(), message.size());
    }
    out << boost::json::serialize(written) << std::endl;
  }
}

}  // namespace entitysync::bench
