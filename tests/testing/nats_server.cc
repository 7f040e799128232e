#include "tests/testing/nats_server.h"

#include <signal.h>

#include <utility>

#include "tests/testing/free_port.h"

namespace entitysync::testing {

NatsServer::NatsServer() : NatsServer(Options()) {}

NatsServer::NatsServer(Options options) : options_(std::move(options)), port_(FreePort()) {
  if (options_.start) Start();
}

std::string NatsServer::Url() const { return "nats://127.0.0.1:" + std::to_string(port_); }

std::string NatsServer::Url(const std::string& user, const std::string& password) const {
  return "nats://" + user + ":" + password + "@127.0.0.1:" + std::to_string(port_);
}

bool NatsServer::Start() {
  process_.reset();  // The port must be free first.
  std::vector<std::string> argv = {"nats-server", "-a", "127.0.0.1", "-p", std::to_string(port_)};
  if (!options_.user.empty()) {
    argv.insert(argv.end(), {"--user", options_.user, "--pass", options_.password});
  }
  argv.insert(argv.end(), options_.arguments.begin(), options_.arguments.end());
  process_ = std::make_unique<ChildProcess>(std::move(argv));
  return process_->WaitForLine("Server is ready").has_value();
}

bool NatsServer::Start(Options options) {
  options_ = std::move(options);
  return Start();
}

void NatsServer::Kill() {
  if (process_) process_->Kill();
}

void NatsServer::Pause() {
  if (process_) process_->Pause();
}

void NatsServer::Resume() {
  if (process_) process_->Resume();
}

void NatsServer::Stop() {
  if (!process_) return;
  process_->Signal(SIGTERM);
  process_->Wait();
}

std::string NatsServer::Output() const { return process_ ? process_->Output() : std::string(); }

}  // namespace entitysync::testing
