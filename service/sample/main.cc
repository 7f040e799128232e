// The sample application: an HTTP page, a database, and Entity Sync between the two.

#include <csignal>
#include <exception>
#include <filesystem>
#include <iostream>

#include "entitysync/service.h"
#include "service/sample/database.h"
#include "service/sample/entities.h"
#include "service/sample/flags.h"
#include "service/sample/random_changes.h"
#include "service/sample/web_server.h"

namespace {

// The signals that end the program are taken by WaitForSignal alone, so that everything can be
// stopped in order. To be called before any thread starts.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void Run(const sample::Flags& flags, const sigset_t& signals) {
  if (flags.database != ":memory:") {
    const auto folder = std::filesystem::path(flags.database).parent_path();
    if (!folder.empty()) std::filesystem::create_directories(folder);
  }
  sample::Database database(flags.database, flags.items);

  entitysync::ServiceOptions options;
  options.listen = flags.service_listen;
  options.notifier.gateways = flags.gateways;
  sample::RegisterEntities(database, options);
  auto service = entitysync::Service::Start(std::move(options));
  if (!service.ok()) throw std::runtime_error(std::string(service.status().message()));

  sample::RandomChanges changes(database, **service, flags.changes_per_second);
  sample::WebServer web(flags.http_listen, flags.page, database, **service, changes);
  std::cout << "page on port " << web.port() << ", answering gateways on port "
            << (*service)->port() << std::endl;

  int signal = 0;
  sigwait(&signals, &signal);
  std::cout << "stopping" << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  const sigset_t signals = BlockSignals();
  int exit_code = 0;
  const auto flags = sample::ParseFlags(argc, argv, exit_code);
  if (!flags) return exit_code;
  try {
    Run(*flags, signals);
  } catch (const std::exception& error) {
    std::cerr << "entity-sync-sample: " << error.what() << std::endl;
    return 1;
  }
  return 0;
}
