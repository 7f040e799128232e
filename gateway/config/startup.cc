#include "gateway/config/startup.h"

#include <fstream>
#include <string>
#include <utility>

#include "gateway/config/command_line.h"
#include "gateway/config/describe.h"
#include "gateway/config/load.h"

namespace entitysync::config {
namespace {

// One byte above what a document may have, so that ParseDocument sees that it is too large.
constexpr size_t kMaxRead = kMiB + 1;

Startup Exit(int code) { return Startup{std::nullopt, code}; }

std::optional<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxRead, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) return std::nullopt;
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

Startup Finish(const CommandLine& line, LoadResult result, std::ostream& out, std::ostream& err) {
  if (!result.problems.empty()) {
    err << ToString(std::move(result.problems)) << "\n";
    return Exit(kExitBadConfig);
  }
  if (line.action == Action::kCheckConfig) {
    out << "The configuration is valid.\n";
    return Exit(0);
  }
  if (line.action == Action::kPrintConfig) {
    out << PrintConfig(result.settings);
    return Exit(0);
  }
  return Startup{std::move(result.settings), 0};
}

}  // namespace

Startup Start(int argc, const char* const* argv, const Environment& environment, std::ostream& out,
              std::ostream& err) {
  const auto line = ParseCommandLine(argc, argv);
  if (!line.ok()) {
    err << line.status().message() << "\n";
    return Exit(kExitBadConfig);
  }
  if (line->action == Action::kPrintHelp) {
    out << line->help;
    return Exit(0);
  }
  if (line->action == Action::kPrintVersion) {
    out << "entity-sync-gateway " << ENTITYSYNC_VERSION << "\n";
    return Exit(0);
  }
  std::string yaml;
  if (!line->config_file.empty()) {
    std::string fault = environment.file_fault(line->config_file);
    auto text = fault.empty() ? ReadFile(line->config_file) : std::nullopt;
    if (!text.has_value()) {
      if (fault.empty()) fault = "cannot be read";
      err << "--config: the file " << line->config_file << " " << fault << "\n";
      return Exit(kExitBadConfig);
    }
    yaml = *std::move(text);
  }
  return Finish(*line, LoadAll(yaml, line->config_file, line->overrides, environment), out, err);
}

}  // namespace entitysync::config
