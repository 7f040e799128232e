#include "service/sample/flags.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>

namespace sample {
namespace {

// A file in the user's state folder, or in the temporary folder where there is none.
std::string DefaultDatabase() {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  std::filesystem::path folder = std::filesystem::temp_directory_path();
  if (state != nullptr && *state != '\0') {
    folder = state;
  } else if (home != nullptr && *home != '\0') {
    folder = std::filesystem::path(home) / ".local" / "state";
  }
  return folder / "entity-sync-sample" / "shop-floor.db";
}

}  // namespace

std::optional<Flags> ParseFlags(int argc, char** argv, int& exit_code) {
  Flags flags;
  flags.database = DefaultDatabase();
  CLI::App app("Shop floor: the sample application of Entity Sync", "entity-sync-sample");
  app.option_defaults()->always_capture_default();
  app.add_option("--http-listen", flags.http_listen, "host:port of the page; port 0 takes any");
  app.add_option("--service-listen", flags.service_listen,
                 "host:port where gateways ask what an entity looks like");
  app.add_option("--gateway", flags.gateways, "gRPC address of a gateway; may be repeated");
  app.add_option(
      "--gateway-url", flags.page.url,
      "websocket URL of the gateway as browsers reach it; empty: the page's host with the "
      "port and path below");
  app.add_option("--gateway-ws-port", flags.page.port, "0: the page's own port (behind a proxy)")
      ->check(CLI::Range(0, 65535));
  app.add_option("--gateway-ws-path", flags.page.path, "path of the gateway's websocket");
  app.add_option("--database", flags.database, "SQLite file, or :memory:");
  app.add_option("--items", flags.items, "orders to begin with, in a new database")
      ->check(CLI::Range(1, 1'000));
  app.add_option("--changes-per-second", flags.changes_per_second, "rate of the random changes")
      ->check(CLI::Range(1, 1'000));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error) == 0 ? 0 : 2;
    return std::nullopt;
  }
  return flags;
}

}  // namespace sample
