// entity-sync-gateway: one replica, until SIGTERM or SIGINT.

#include <absl/synchronization/mutex.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <thread>
#include <utility>

#include "entitysync/gateway/gateway.h"
#include "gateway/config/startup.h"

namespace {

// Takes the signals off every thread made from now on, so that only WaitForSignal gets them.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A client that goes away while we write is an ordinary event.
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

int WaitForSignal(const sigset_t& signals) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
  return signal;
}

// Drains, until done or until another signal comes.
void DrainUnlessHurried(entitysync::Gateway& gateway, const sigset_t& signals) {
  std::atomic<bool> done{false};
  std::thread watcher([&] {
    const timespec interval{.tv_sec = 0, .tv_nsec = 50'000'000};
    while (!done) {
      if (sigtimedwait(&signals, nullptr, &interval) > 0) gateway.HurryDrain();
    }
  });
  gateway.Drain();
  done = true;
  watcher.join();
}

}  // namespace

int main(int argc, char** argv) {
  // Debian builds Abseil without NDEBUG, so that every lock of gRPC's would be entered into a
  // graph.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const sigset_t signals = BlockSignals();
  entitysync::config::Startup startup = entitysync::config::Start(
      argc, argv, entitysync::config::ProcessEnvironment(), std::cout, std::cerr);
  if (!startup.settings.has_value()) return startup.exit_code;
  auto gateway = entitysync::Gateway::Start(*std::move(startup.settings));
  if (!gateway.ok()) {
    std::cerr << "entity-sync-gateway: " << gateway.status().message() << "\n";
    return EXIT_FAILURE;
  }
  if (WaitForSignal(signals) == SIGTERM) {
    DrainUnlessHurried(**gateway, signals);
  } else {
    (*gateway)->Stop();  // Ctrl-C: somebody is waiting at a terminal.
  }
  return EXIT_SUCCESS;
}
