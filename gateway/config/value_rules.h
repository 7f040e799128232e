#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/setting.h"

namespace entitysync::config {

// Which characters and shape a text of `kind` has. Empty if `text` is fine, else what it should be.
std::string TextFault(Kind kind, std::string_view text);

// One value of a list of several or, with `alone`, the only one.
std::string ElementFault(Kind kind, std::string_view text, bool alone);

// Takes apart what a list of `kind` says in one scalar: "a:1,b:2".
std::vector<std::string> SplitList(Kind kind, std::string_view text);

}  // namespace entitysync::config
