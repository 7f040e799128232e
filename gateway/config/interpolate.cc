#include "gateway/config/interpolate.h"

#include <absl/status/status.h>

#include <algorithm>
#include <optional>

namespace entitysync::config {
namespace {

constexpr std::string_view kHowTo =
    "write ${env:NAME} or ${env:NAME:-default} with a name of letters, digits and _, "
    "or $${ for a plain ${";

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= 256 && std::all_of(text.begin(), text.end(), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
}

// What stands between ${ and }.
absl::StatusOr<std::string> Expand(std::string_view expression, const Environment& environment) {
  constexpr std::string_view kScheme = "env:";
  if (!expression.starts_with(kScheme)) return absl::InvalidArgumentError(std::string(kHowTo));
  expression.remove_prefix(kScheme.size());
  const size_t separator = expression.find(":-");
  const std::string name(expression.substr(0, separator));
  if (!IsName(name)) return absl::InvalidArgumentError(std::string(kHowTo));
  std::optional<std::string> value = environment.variable(name);
  const bool has_default = separator != std::string_view::npos;
  if (has_default && (!value.has_value() || value->empty())) {
    value = std::string(expression.substr(separator + 2));
  }
  if (value.has_value()) return *std::move(value);
  return absl::InvalidArgumentError("the environment variable " + name +
                                    " is not set; set it, or give a default with ${env:" + name +
                                    ":-default}");
}

}  // namespace

absl::StatusOr<std::string> Interpolate(std::string_view text, const Environment& environment) {
  std::string result;
  while (true) {
    const size_t open = text.find("${");
    if (open == std::string_view::npos) return result.append(text);
    if (open > 0 && text[open - 1] == '$') {
      result.append(text.substr(0, open - 1)).append("${");
      text.remove_prefix(open + 2);
      continue;
    }
    const size_t close = text.find('}', open);
    if (close == std::string_view::npos) return absl::InvalidArgumentError(std::string(kHowTo));
    auto value = Expand(text.substr(open + 2, close - open - 2), environment);
    if (!value.ok()) return value.status();
    result.append(text.substr(0, open)).append(*value);
    text.remove_prefix(close + 1);
  }
}

}  // namespace entitysync::config
