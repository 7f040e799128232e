// Runs seeds of the cluster simulation; README.md says what it checks.

#include <absl/flags/flag.h>
#include <absl/flags/parse.h>
#include <absl/flags/usage.h>

#include <chrono>
#include <cstdio>
#include <iostream>

#include "tests/simulation/cluster.h"
#include "tests/simulation/defect_switch.h"
#include "tests/simulation/report.h"

ABSL_FLAG(int64_t, seed, -1, "run this seed alone and print its story");
ABSL_FLAG(uint64_t, first, 1, "the first seed to run");
ABSL_FLAG(uint64_t, seeds, 1000, "how many seeds to run");
ABSL_FLAG(double, seconds, 0, "stop after about so much time; 0: when all seeds are done");
ABSL_FLAG(std::string, defect, "",
          "put this deliberate defect into the gateway (simulation_with_defects only): exit 0 if "
          "some seed catches it");
ABSL_FLAG(int, lines, 80, "how many lines of its story are shown when a seed breaks a promise");

namespace entitysync::simulation {
namespace {

int RunOne(uint64_t seed, Report& report) {
  const Outcome outcome = Cluster(MakePlan(seed), true, report.metrics()).Run();
  std::cout << outcome.story;
  PrintVerdict(seed, outcome);
  return outcome.verdict.has_value() ? 1 : 0;
}

// Whether no promise was broken.
bool RunMany(Report& report) {
  using Clock = std::chrono::steady_clock;
  const uint64_t first = absl::GetFlag(FLAGS_first);
  const uint64_t end = first + absl::GetFlag(FLAGS_seeds);
  const std::chrono::duration<double> box(absl::GetFlag(FLAGS_seconds));
  const Clock::time_point began = Clock::now();
  for (uint64_t seed = first; seed < end; ++seed) {
    if (box.count() > 0 && Clock::now() - began >= box) break;
    const Outcome outcome = Cluster(MakePlan(seed), false, report.metrics()).Run();
    report.Add(seed, outcome);
    if (!outcome.verdict.has_value()) continue;
    const Outcome told = Cluster(MakePlan(seed), true, report.metrics()).Run();
    if (absl::GetFlag(FLAGS_defect).empty()) PrintEnd(told.story, absl::GetFlag(FLAGS_lines));
    PrintVerdict(seed, told);
    return false;
  }
  report.Print(Clock::now() - began);
  return true;
}

int Main(int argc, char** argv) {
  absl::SetProgramUsageMessage("simulates clusters of gateways, one per seed");
  absl::ParseCommandLine(argc, argv);
  Report report;
  const std::string defect = absl::GetFlag(FLAGS_defect);
  if (!defect.empty() && !SwitchOn(defect)) {
    std::cerr << "this program has no defect '" << defect << "'\n";
    return 2;
  }
  if (absl::GetFlag(FLAGS_seed) >= 0) {
    return RunOne(static_cast<uint64_t>(absl::GetFlag(FLAGS_seed)), report);
  }
  const bool kept = RunMany(report);
  if (defect.empty()) return kept ? 0 : 1;
  std::cout << "defect " << defect << (kept ? " was NOT caught\n" : " was caught\n");
  return kept ? 1 : 0;
}

}  // namespace
}  // namespace entitysync::simulation

int main(int argc, char** argv) { return entitysync::simulation::Main(argc, argv); }
