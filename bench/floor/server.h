#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/floor/connection.h"
#include "bench/floor/options.h"
#include "bench/lib/floor_control.h"
#include "bench/lib/tls.h"

namespace entitysync::bench {

// The least that a program can do to bring states to websocket clients, and so what everything else
// is measured against: one thread, epoll, and per client and state one send() of a frame that was
// made once. Nothing is queued: what the kernel does not take is dropped and counted.
//
// Owner: main. Threading: Run's thread, and no other in the process: with a second one every system
// call would cost more. Limits: descriptors; a request of 8 KiB, kMaxFloorChanges
// per control message. Errors: a client that breaks the protocol is disconnected.
class FloorServer {
 public:
  static absl::StatusOr<std::unique_ptr<FloorServer>> Open(const FloorOptions& options);

  uint16_t websocket_port() const { return PortOf(listener_); }
  uint16_t control_port() const { return PortOf(control_listener_); }

  void Run();  // Until standard input ends, if that is a pipe.

 private:
  struct Control {
    Fd socket;
    std::string input;
  };

  FloorServer(const FloorOptions& options, std::optional<TlsContext> tls, Fd listener,
              Fd control_listener);

  void Watch(int fd);
  void Serve(int fd);
  void ReadInput();
  void AcceptClients();
  void AcceptControls();

  void ReadClient(FloorConnection& connection);
  bool Handle(FloorConnection& connection, std::span<char> bytes);
  bool ShakeHands(FloorConnection& connection, std::span<char> bytes);
  void Subscribe(FloorConnection& connection, std::string_view message);
  void Drop(FloorConnection& connection);

  void ReadControl(Control& control);
  bool Obey(Control& control);  // All that is complete of its input; false: it cannot be meant.
  void Report(const Control& control);
  void SendState(const FloorChange& change);
  ssize_t SendFrame(int fd);

  const FloorOptions options_;
  const std::optional<TlsContext> tls_;
  Fd listener_;
  Fd control_listener_;
  Fd epoll_;
  std::vector<std::unique_ptr<FloorConnection>> connections_;  // By descriptor.
  std::vector<std::unique_ptr<Control>> controls_;             // By descriptor.
  std::vector<std::vector<int>> watchers_;                     // Descriptors, by key.
  bool input_ended_ = false;
  FloorReport report_;
  std::string row_;
  std::string frame_;
  std::vector<char> buffer_;
};

}  // namespace entitysync::bench
