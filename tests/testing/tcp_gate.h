#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace entitysync::testing {

// A TCP proxy between two processes under test, which can be told to misbehave.
//
// Purpose: network faults without privileges: delay, cut, black hole.
// Owner and lifetime: a test; its end closes all connections.
// Threading: one thread of its own carries the bytes; the methods may be called from any thread
//   and return when it has acted upon them.
// Limits: 4 MiB per direction of a connection; above it the sender is not read.
// Errors: a target that refuses closes the client's connection at once.
class TcpGate {
 public:
  // Listens on a free port of 127.0.0.1 and passes everything to 127.0.0.1:target_port.
  explicit TcpGate(uint16_t target_port);
  ~TcpGate();

  uint16_t port() const { return port_; }

  // Carries bytes, each held back for `delay` on its way. Ends Cut and BlackHole.
  void Pass(std::chrono::milliseconds delay = std::chrono::milliseconds(0));
  // Closes all connections and refuses new ones (they are accepted and closed).
  void Cut();
  // Carries nothing and closes nothing; new connections are accepted and hear nothing. What was on
  // its way, and what comes meanwhile, goes on its way with the next Pass.
  void BlackHole();

 private:
  enum class Mode : uint8_t { kPass, kCut, kBlackHole };
  struct Connection;

  void Run();
  void Wait();
  void Accept(Mode mode);
  void Carry();
  void SetMode(Mode mode);

  const uint16_t target_port_;
  uint16_t port_ = 0;
  int listener_ = -1;
  int wake_ = -1;  // An eventfd.
  std::atomic<Mode> mode_ = Mode::kPass;
  std::atomic<int64_t> delay_ms_ = 0;
  std::atomic<uint64_t> requested_ = 0;  // Changes of the mode, and those acted upon.
  std::atomic<uint64_t> served_ = 0;
  std::atomic<bool> stopping_ = false;
  std::vector<std::unique_ptr<Connection>> connections_;  // The thread's own.
  std::thread thread_;
};

}  // namespace entitysync::testing
