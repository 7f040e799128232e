// The load program: websocket clients, a publisher and an application, each as far as it is told
// to, by commands on standard input (see commands.h). Ends with its input.

#include <CLI/CLI.hpp>
#include <iostream>

#include "bench/lib/line_commands.h"
#include "bench/lib/socket.h"
#include "bench/load/commands.h"

namespace {

using entitysync::bench::KeyTable;
using entitysync::bench::LoadProgram;

int Serve(const LoadProgram::Options& options, const std::string& file) {
  entitysync::bench::RaiseDescriptorLimit();
  auto table = KeyTable::Open(file);
  if (!table.ok()) {
    std::cerr << "bench_load: " << table.status().message() << '\n';
    return 1;
  }
  LoadProgram program(options, *std::move(table));
  entitysync::bench::ServeLines(std::cin, std::cout, program.commands());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  LoadProgram::Options options;
  std::string file;
  CLI::App app("Clients, publisher and application of a measurement; commands come in lines.");
  app.add_option("--table", file, "The file that all processes of the measurement share");
  app.add_option("--process", options.process, "Which of them this is; each another")
      ->check(CLI::Range(0u, KeyTable::kMaxProcesses - 1))
      ->capture_default_str();
  app.add_option("--threads", options.threads, "Threads of clients")
      ->check(CLI::Range(1u, 64u))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return Serve(options, file);
}
