#pragma once

#include <optional>
#include <ostream>

#include "entitysync/gateway/settings.h"
#include "gateway/config/environment.h"

namespace entitysync::config {

inline constexpr int kExitBadConfig = 2;

// What main does first.
struct Startup {
  std::optional<Settings> settings;  // Run with these; or, absent:
  int exit_code = 0;                 // leave with this.
};

// Reads command line and configuration file, before anything listens. Does all that --help,
// --version, --check-config and --print-config ask for; faults go to `err`, one line each, with
// exit code 2. No exception leaves.
Startup Start(int argc, const char* const* argv, const Environment& environment, std::ostream& out,
              std::ostream& err);

}  // namespace entitysync::config
