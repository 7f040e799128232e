#pragma once

#include <absl/status/status.h>

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/setting.h"

namespace entitysync::config {

// Whether settings of this kind take a list (and a single value as a list of one).
bool IsList(Kind kind);

// Puts `texts` (one, or for lists any number) where `slot` points. INVALID_ARGUMENT says what the
// value should be, without showing what it was; the slot is then unchanged.
absl::Status ParseValue(const Setting& setting, const std::vector<std::string>& texts, Slot slot);

// The value as ParseValue reads it; empty for a setting that is absent and for an empty list. With
// secrets, unless the caller hides them.
std::vector<std::string> FormatValue(const Setting& setting, Slot slot);

// As FormatValue, with secrets hidden in the way the setting asks for.
std::vector<std::string> FormatShown(const Setting& setting, Slot slot);

// What may stand there, for people: "100ms to 10m", "`text`, `json`". Empty: nothing to say.
std::string DescribeBounds(const Setting& setting);

}  // namespace entitysync::config
