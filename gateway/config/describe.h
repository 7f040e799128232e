#pragma once

#include <string>

#include "entitysync/gateway/settings.h"

namespace entitysync::config {

// `settings` as a configuration file that says every one of them; secrets are shown as "<set>".
std::string PrintConfig(const Settings& settings);

// The reference of all settings, Markdown: docs/CONFIGURATION.md.
std::string ReferenceMarkdown();

}  // namespace entitysync::config
