#pragma once

#include <span>
#include <string>
#include <string_view>

#include "gateway/config/setting.h"

namespace entitysync::config {

// What to do about `path`, which no setting is called: the name that was likely meant, or all names
// that may stand in its place.
std::string Suggest(std::span<const Setting> table, std::string_view path);

}  // namespace entitysync::config
