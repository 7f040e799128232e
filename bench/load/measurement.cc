#include <unistd.h>

#include <ctime>

#include "bench/lib/clock.h"
#include "bench/load/run.h"

namespace entitysync::bench {
namespace {

int64_t OwnCpuNs() {
  timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

boost::json::object ErrorsOf(const ClientStats& stats) {
  return {{"closes", stats.closes}, {"unexpected", stats.unexpected}};
}

}  // namespace

absl::Status Measurement::Begin(const std::vector<int64_t>& pids) {
  clients_.ClearStats();
  if (publisher_ != nullptr) publisher_->ClearCounts();
  began_ns_ = MonotonicNs();
  own_cpu_ns_ = OwnCpuNs();
  return costs_.Begin(pids);
}

boost::json::object Measurement::End() {
  const boost::json::object costs = costs_.End();
  const int64_t own = OwnCpuNs() - own_cpu_ns_;
  const double seconds = static_cast<double>(MonotonicNs() - began_ns_) * 1e-9;
  const ClientStats stats = clients_.Stats();
  boost::json::object answer{{"seconds", seconds},
                             {"deliveries", stats.deliveries},
                             {"covered", stats.covered},
                             {"frames", stats.frames},
                             {"repeats", stats.repeats},
                             {"bytes", stats.bytes},
                             {"compressed_frames", stats.compressed},
                             {"errors", ErrorsOf(stats)},
                             {"latency", stats.latency.AsJson()},
                             {"pids", costs},
                             {"own_cpu_ns", own}};
  if (publisher_ == nullptr) return answer;
  const PublisherCounts counts = publisher_->Counts();
  answer["calls"] = counts.calls;
  answer["failed_notifies"] = counts.failed;
  if (counts.failed > 0) answer["first_failure"] = counts.first_failure;
  answer["notify_latency"] = counts.answers.AsJson();
  return answer;
}

}  // namespace entitysync::bench
