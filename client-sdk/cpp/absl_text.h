#pragma once

#include <absl/strings/string_view.h>

#include <string_view>

namespace entitysync::client {

// Abseil has a string_view of its own where it was built for an older C++.
inline absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace entitysync::client
