#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/testing/child_process.h"

namespace entitysync::testing {

// A real nats-server on a free port of 127.0.0.1.
//
// Owner and lifetime: a test. Threading: one thread.
// Limits: none. Errors: Start says whether the server came up; constructors never fail.
class NatsServer {
 public:
  struct Options {
    bool start = true;
    std::string user = "";      // Empty: no authentication.
    std::string password = "";  // Visible in the process list; for tests only.
    // More command-line arguments (cluster, routes, TLS, ...).
    std::vector<std::string> arguments = {};
  };

  NatsServer();
  explicit NatsServer(Options options);

  uint16_t port() const { return port_; }
  // nats://127.0.0.1:port, without credentials.
  std::string Url() const;
  // The same with credentials in it.
  std::string Url(const std::string& user, const std::string& password) const;

  // Starts the server (again) on the same port and waits until it is ready.
  bool Start();
  bool Start(Options options);

  void Kill();
  void Pause();
  void Resume();
  // SIGTERM, and waits for the end.
  void Stop();

  std::string Output() const;

 private:
  Options options_;
  const uint16_t port_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace entitysync::testing
