#pragma once

#include <string_view>

namespace entitysync::service {

bool IsValidUtf8(std::string_view text);

}  // namespace entitysync::service
