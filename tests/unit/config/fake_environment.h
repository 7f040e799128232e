#pragma once

#include <map>
#include <string>

#include "gateway/config/environment.h"

namespace entitysync::config {

// An environment with these variables, in which every file is readable but those named as missing.
inline Environment FakeEnvironment(std::map<std::string, std::string> variables = {},
                                   const std::string& missing_file = "/missing") {
  return Environment{[variables](const std::string& name) -> std::optional<std::string> {
                       const auto found = variables.find(name);
                       if (found == variables.end()) return std::nullopt;
                       return found->second;
                     },
                     [missing_file](const std::string& path) -> std::string {
                       return path == missing_file ? "does not exist" : "";
                     }};
}

}  // namespace entitysync::config
