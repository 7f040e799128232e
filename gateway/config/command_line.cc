#include "gateway/config/command_line.h"

#include <absl/status/status.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <utility>

namespace entitysync::config {
namespace {

struct ValueFlag {
  const char* name;
  const char* metavar;
  const char* path;
  const char* help;
};

constexpr ValueFlag kValueFlags[] = {
    {"--websocket-listen", "ADDRESS", "websocket.listen", "Where clients connect"},
    {"--front-listen", "ADDRESS", "front.listen", "Where applications notify changes (gRPC)"},
    {"--admin-listen", "ADDRESS", "admin.listen", "Where health and metrics are served"},
    {"--nats-url", "URL", "bus.nats.urls", "A NATS server; replicas hear each other through it"},
    {"--fetch-target", "TARGET", "targets.<default>.address",
     "The application that is asked for rows (any gRPC target)"},
    {"--path", "PATH", "websocket.path", "The path clients connect to"},
    {"--prefix", "PREFIX", "prefix", "Keeps deployments on one NATS apart"},
    {"--replica-id", "ID", "replica_id", "Names this replica"},
    {"--log-level", "LEVEL", "log.level", "debug, info, warning or error"},
};

struct SwitchFlag {
  const char* name;
  const char* path;
  const char* value;
  const char* help;
};

constexpr SwitchFlag kSwitchFlags[] = {
    {"--insecure", "front.insecure", "true",
     "Allow the front to listen beyond this machine without a bearer key"},
    {"--pass-through", "classic.pass_through_target", "<default>",
     "Hand client messages that are not Entity Sync's own to the application"},
    {"--classic-snapshot", "classic.snapshot", "true",
     "Begin every subscription with the present state"},
};

// Registers everything with `app`; callbacks write to `line`, which outlives the parsing.
void Describe(CLI::App& app, CommandLine& line) {
  app.set_help_flag();
  app.add_option("--config", line.config_file, "Configuration file (YAML)")->type_name("FILE");
  const auto action = [&](const char* name, Action asked, const char* help) {
    app.add_flag_callback(
        name, [&line, asked] { line.action = std::max(line.action, asked); }, help);
  };
  action("--check-config", Action::kCheckConfig, "Check the configuration and exit");
  action("--print-config", Action::kPrintConfig,
         "Print every setting as it would be used and exit");
  action("--version", Action::kPrintVersion, "Print the version and exit");
  action("-h,--help", Action::kPrintHelp, "Print this and exit");
  for (const ValueFlag& flag : kValueFlags) {
    const auto store = [&line, &flag](const std::string& value) {
      line.overrides.push_back(Override{flag.path, value, flag.name});
      if (std::string_view(flag.path) == "bus.nats.urls") {
        line.overrides.push_back(Override{"bus.kind", "nats", flag.name});
      }
    };
    app.add_option_function<std::string>(flag.name, store, flag.help)->type_name(flag.metavar);
  }
  for (const SwitchFlag& flag : kSwitchFlags) {
    const auto store = [&line, &flag] {
      line.overrides.push_back(Override{flag.path, flag.value, flag.name});
    };
    app.add_flag_callback(flag.name, store, flag.help);
  }
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv) {
  CommandLine line;
  try {
    CLI::App app("Entity Sync gateway: clients that watch an entity always see its present state.",
                 "entity-sync-gateway");
    Describe(app, line);
    app.parse(argc, argv);
    line.help = app.help();
  } catch (const CLI::ParseError& fault) {
    return absl::InvalidArgumentError(std::string(fault.what()) + "; see --help");
  } catch (const std::exception&) {
    return absl::InvalidArgumentError("the command line cannot be read; see --help");
  }
  return line;
}

}  // namespace entitysync::config
