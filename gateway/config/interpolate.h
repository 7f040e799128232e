#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

#include "gateway/config/environment.h"

namespace entitysync::config {

// Puts environment variables into a value: ${env:NAME} (an error if NAME is not set) and
// ${env:NAME:-default} (default if NAME is not set or empty; holds no closing brace). $${ stands
// for a plain ${. What is put in is not looked at again. Errors never show a variable's value.
absl::StatusOr<std::string> Interpolate(std::string_view text, const Environment& environment);

}  // namespace entitysync::config
