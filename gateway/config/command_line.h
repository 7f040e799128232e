#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/config/load.h"

namespace entitysync::config {

enum class Action : uint8_t { kRun, kCheckConfig, kPrintConfig, kPrintVersion, kPrintHelp };

// What the command line of the gateway asks for.
struct CommandLine {
  Action action = Action::kRun;
  std::string config_file;  // Empty: none.
  std::vector<Override> overrides;
  std::string help;  // The text for kPrintHelp.
};

// INVALID_ARGUMENT says which flag is wrong and how; values are looked at by LoadAll. No exception
// leaves.
absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv);

}  // namespace entitysync::config
