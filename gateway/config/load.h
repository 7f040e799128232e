#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <vector>

#include "entitysync/gateway/settings.h"
#include "gateway/config/environment.h"
#include "gateway/config/problem.h"

namespace entitysync::config {

// One setting given by a flag, which wins over the file. `path` is one of the table of settings
// ("front.listen"); "<default>" in it stands for the name of the default target, or "default" if
// there is none yet, and as a value likewise.
struct Override {
  std::string path;
  std::string value;
  std::string flag;  // For messages: "--front-listen".
};

struct LoadResult {
  Settings settings;              // Usable if there are no problems.
  std::vector<Problem> problems;  // All of them, not just the first.
};

// Reads `yaml` (named `file_name` in messages; an empty text is valid), puts `overrides` over it
// and checks everything, all faults at once. Bounded in time and memory whatever the text holds. No
// exception leaves, and no message shows a secret.
LoadResult LoadAll(std::string_view yaml, const std::string& file_name,
                   const std::vector<Override>& overrides, const Environment& environment);

// The same in one value: the settings, or INVALID_ARGUMENT with one line per problem.
absl::StatusOr<Settings> Load(std::string_view yaml, const std::string& file_name,
                              const Environment& environment);

}  // namespace entitysync::config
