#pragma once

#include <functional>
#include <optional>
#include <string>

namespace entitysync::config {

// What loading may ask of the process around it; a fake in tests. Called on the loading thread.
struct Environment {
  // The value of an environment variable; absent if it is not set.
  std::function<std::optional<std::string>(const std::string& name)> variable;

  // Why a file cannot be used ("does not exist", "may not be read"), or empty if it can.
  std::function<std::string(const std::string& path)> file_fault;
};

// That of this process.
Environment ProcessEnvironment();

}  // namespace entitysync::config
