// The floor program: what bench_load is pointed at in place of a gateway, to see what the kernel
// asks for by itself. Prints one line, {"websocket":PORT,"control":PORT,"pid":PID}, then serves
// until it is killed or its standard input ends.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "bench/floor/options.h"
#include "bench/floor/server.h"
#include "bench/lib/row.h"
#include "bench/lib/socket.h"

namespace {

using entitysync::bench::FloorOptions;
using entitysync::bench::FloorServer;

int Serve(const FloorOptions& options) {
  entitysync::bench::RaiseDescriptorLimit();
  auto server = FloorServer::Open(options);
  if (!server.ok()) {
    std::cerr << "bench_floor: " << server.status().message() << '\n';
    return 1;
  }
  std::cout << R"({"websocket":)" << (*server)->websocket_port() << R"(,"control":)"
            << (*server)->control_port() << R"(,"pid":)" << getpid() << "}" << std::endl;
  (*server)->Run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  FloorOptions options;
  CLI::App app("The least that brings states to websocket clients: epoll and send().");
  app.add_option("--listen", options.listen, "Where websocket clients connect")
      ->capture_default_str();
  app.add_option("--control", options.control, "Where publishers connect")->capture_default_str();
  app.add_option("--row-bytes", options.row_bytes, "The size of a state")
      ->check(CLI::Range(entitysync::bench::kMinRowBytes, entitysync::bench::kMaxRowBytes))
      ->capture_default_str();
  app.add_option("--send-buffer", options.send_buffer_bytes, "SO_SNDBUF of clients, in bytes")
      ->capture_default_str();
  app.add_option("--tls-cert", options.tls_cert, "PEM certificate: clients come with TLS");
  app.add_option("--tls-key", options.tls_key, "Its PEM key");
  CLI11_PARSE(app, argc, argv);
  return Serve(options);
}
