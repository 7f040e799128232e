#include "tests/simulation/report.h"

#include <absl/strings/str_cat.h>

#include <cmath>
#include <cstdio>
#include <iostream>

namespace entitysync::simulation {
namespace {

double Seconds(base::Duration duration) { return std::chrono::duration<double>(duration).count(); }

void PrintCount(const std::string& name, double count) {
  std::printf("  %-50s %12.0f\n", name.c_str(), count);
}

}  // namespace

void Report::Add(uint64_t seed, const Outcome& outcome) {
  ++seeds_;
  changes_ += outcome.changes;
  if (outcome.convergence <= slowest_) return;
  slowest_ = outcome.convergence;
  slowest_seed_ = seed;
}

void Report::Print(std::chrono::duration<double> took) const {
  std::printf("%llu seeds in %.1f s, %zu changes; slowest convergence %.2f s (seed %llu)\n",
              static_cast<unsigned long long>(seeds_), took.count(), changes_, Seconds(slowest_),
              static_cast<unsigned long long>(slowest_seed_));
  for (const prometheus::MetricFamily& family : registry_.Collect()) {
    for (const prometheus::ClientMetric& metric : family.metric) {
      std::string labels;
      for (const auto& label : metric.label) labels += " " + label.name + "=" + label.value;
      if (metric.counter.value > 0) PrintCount(family.name + labels, metric.counter.value);
    }
  }
  // How many fetches the calls carried.
  for (const auto& bucket : metrics_.hub.call_items.Collect().histogram.bucket) {
    if (std::isinf(bucket.upper_bound)) break;
    PrintCount(absl::StrCat("calls of up to ", bucket.upper_bound, " fetches"),
               static_cast<double>(bucket.cumulative_count));
  }
}

void PrintEnd(const std::string& story, int lines) {
  size_t start = story.size();
  for (int line = 0; line <= lines && start != std::string::npos && start > 0; ++line) {
    start = story.rfind('\n', start - 1);
  }
  std::cout << story.substr(start == std::string::npos ? 0 : start + 1);
}

void PrintVerdict(uint64_t seed, const Outcome& outcome) {
  if (!outcome.verdict.has_value()) {
    std::printf("seed %llu keeps every promise; converged after %.2f s\n",
                static_cast<unsigned long long>(seed), Seconds(outcome.convergence));
    return;
  }
  std::printf("seed %llu breaks %s at %.6f s: %s\nits whole story: simulation --seed=%llu\n",
              static_cast<unsigned long long>(seed), NameOf(outcome.verdict->promise).c_str(),
              Seconds(outcome.verdict->elapsed), outcome.verdict->what.c_str(),
              static_cast<unsigned long long>(seed));
}

}  // namespace entitysync::simulation
