// The echo program: what a unary gRPC call costs on this machine, each half in a process of its
// own. Commands come in lines on standard input, each answered by one line (see
// ../lib/line_commands.h); ends with its input. "?" marks parameters without a default.
//
// {"do":"serve", "address":"127.0.0.1:0"}
//     Answers every call with what it was sent, until the program ends. Answers "port".
// {"do":"call", "target":?, "in_flight":1, "bytes":128, "seconds":1, "warm_up":0.2,
//  "deadline_ms":5000, "measure_pids":[]}
//     Keeps in_flight calls with so many bytes each way in flight. deadline_ms: of each call, as
//     the gateway's own; 0 for none. Answers "calls", "seconds", "per_second", "latency" (a
//     histogram, see ../lib/histogram.h), "pids": of each measured process and of this one, see
//     ../lib/process_cost.h; "own_pid".

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "bench/echo/echo_caller.h"
#include "bench/echo/echo_server.h"
#include "bench/lib/line_commands.h"
#include "bench/lib/process_cost.h"

namespace {

using namespace entitysync::bench;  // All of it is of this program.

using Answer = absl::StatusOr<boost::json::object>;

Answer Serve(Parameters& parameters, std::unique_ptr<EchoServer>& server) {
  const std::string address = parameters.Text("address", "127.0.0.1:0");
  if (absl::Status status = parameters.Check(); !status.ok()) return status;
  auto started = EchoServer::Start(address);
  if (!started.ok()) return started.status();
  server = *std::move(started);
  return boost::json::object{{"port", server->port()}};
}

Answer Measure(EchoCaller& caller, double warm_up, double seconds,
               const std::vector<int64_t>& pids) {
  if (warm_up > 0) {
    if (auto warmed = caller.Run(warm_up); !warmed.ok()) return warmed.status();
  }
  ProcessCosts costs;
  if (absl::Status status = costs.Begin(pids); !status.ok()) return status;
  const auto result = caller.Run(seconds);
  boost::json::object used = costs.End();
  if (!result.ok()) return result.status();
  return boost::json::object{{"calls", result->calls},
                             {"seconds", result->seconds},
                             {"per_second", static_cast<double>(result->calls) / result->seconds},
                             {"latency", result->latency.AsJson()},
                             {"pids", std::move(used)},
                             {"own_pid", getpid()}};
}

Answer Call(Parameters& parameters) {
  EchoCaller::Options options;
  options.target = parameters.Text("target", "");
  options.in_flight = static_cast<uint32_t>(parameters.Whole("in_flight", 1, 1, 1'000));
  options.bytes = static_cast<size_t>(parameters.Whole("bytes", 128, 0, 1 << 20));
  options.deadline_ms = parameters.Whole("deadline_ms", options.deadline_ms, 0, 3'600'000);
  const double seconds = parameters.Number("seconds", 1, 0.01, 3'600);
  const double warm_up = parameters.Number("warm_up", 0.2, 0, 3'600);
  std::vector<int64_t> pids = parameters.Wholes("measure_pids");
  if (absl::Status status = parameters.Check(); !status.ok()) return status;
  pids.push_back(getpid());
  const auto caller = EchoCaller::Open(options);
  if (!caller.ok()) return caller.status();
  return Measure(**caller, warm_up, seconds, pids);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Echo over gRPC, to see what a call costs; commands come in lines.");
  CLI11_PARSE(app, argc, argv);
  std::unique_ptr<EchoServer> server;
  ServeLines(std::cin, std::cout,
             {{"serve", [&](Parameters& parameters) { return Serve(parameters, server); }},
              {"call", Call}});
  return 0;
}
