#include "gateway/config/environment.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace entitysync::config {
namespace {

std::optional<std::string> Variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

std::string FileFault(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    return errno == ENOENT ? "does not exist" : "cannot be reached";
  }
  if (!S_ISREG(status.st_mode)) return "is not a file";
  return access(path.c_str(), R_OK) == 0 ? "" : "may not be read by this user";
}

}  // namespace

Environment ProcessEnvironment() { return Environment{Variable, FileFault}; }

}  // namespace entitysync::config
