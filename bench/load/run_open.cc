#include <absl/strings/str_cat.h>

#include <algorithm>
#include <ctime>

#include "bench/lib/clock.h"
#include "bench/lib/zipf.h"
#include "bench/load/run.h"

namespace entitysync::bench {
namespace {

constexpr int64_t kSettlePatienceNs = 10'000'000'000;

struct OpenOptions {
  uint32_t first = 0;
  uint32_t count = 1;
  double changes_per_second = 0;
  double zipf = 0;
  uint32_t batch = 1;
  double seconds = 1;
  double warm_up = 0;
  uint64_t seed = 1;
  std::vector<int64_t> pids;
};

absl::StatusOr<OpenOptions> Read(Parameters& parameters) {
  OpenOptions options;
  const std::vector<int64_t> keys = parameters.Wholes("keys");
  options.changes_per_second = parameters.Number("changes_per_second", 1'000, 0.01, 1e7);
  options.zipf = parameters.Number("zipf", 0, 0, 10);
  options.batch = static_cast<uint32_t>(parameters.Whole("batch", 1, 1, 10'000));
  options.seconds = parameters.Number("seconds", 1, 0.01, 86'400);
  options.warm_up = parameters.Number("warm_up", 0, 0, 86'400);
  options.seed = static_cast<uint64_t>(parameters.Whole("seed", 1, 0, INT64_MAX));
  options.pids = parameters.Wholes("measure_pids");
  if (absl::Status status = parameters.Check(); !status.ok()) return status;
  if (keys.size() != 2 || keys[1] < 1 || keys[0] + keys[1] > KeyTable::kMaxKeys) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"keys\" has to be [first, count], with keys below ", KeyTable::kMaxKeys));
  }
  options.first = static_cast<uint32_t>(keys[0]);
  options.count = static_cast<uint32_t>(keys[1]);
  return options;
}

void SleepUntil(int64_t ns) {
  const timespec until{ns / 1'000'000'000, ns % 1'000'000'000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) != 0) {
  }
}

// Changes keys by the clock, whatever becomes of the changes before. What is late is not left out:
// its latency counts from when it was due.
class OpenRun {
 public:
  OpenRun(const OpenOptions& options, RunContext context)
      : options_(options),
        context_(context),
        keys_(options.count, options.zipf, options.seed),
        interval_ns_(1e9 * options.batch / options.changes_per_second) {}

  void Run(double seconds) {
    const int64_t begin = MonotonicNs();
    const auto calls = static_cast<uint64_t>(
        std::max(1.0, seconds * options_.changes_per_second / options_.batch));
    changes_ = calls * options_.batch;
    most_late_ns_ = 0;
    for (uint64_t call = 0; call < calls; ++call) {
      const int64_t due = begin + static_cast<int64_t>(static_cast<double>(call) * interval_ns_);
      if (MonotonicNs() < due) SleepUntil(due);
      most_late_ns_ = std::max(most_late_ns_, MonotonicNs() - due);
      Call(due);
    }
  }

  uint64_t changes() const { return changes_; }
  int64_t most_late_ns() const { return most_late_ns_; }

 private:
  void Call(int64_t due) {
    changed_.clear();
    for (uint32_t i = 0; i < options_.batch; ++i) {
      const uint32_t key = options_.first + keys_.Next();
      changed_.push_back({key, context_.table.Change(key, due), due});
    }
    context_.publisher.Notify(changed_);
  }

  const OpenOptions options_;
  const RunContext context_;
  Zipf keys_;
  const double interval_ns_;
  uint64_t changes_ = 0;
  int64_t most_late_ns_ = 0;
  std::vector<Changed> changed_;
};

}  // namespace

absl::StatusOr<boost::json::object> RunOpen(Parameters& parameters, RunContext context) {
  const absl::StatusOr<OpenOptions> options = Read(parameters);
  if (!options.ok()) return options.status();
  absl::Status status = context.publisher.Prepare(context.table.AllWatchers());
  if (!status.ok()) return status;
  context.clients.Baseline();
  OpenRun run(*options, context);
  if (options->warm_up > 0) run.Run(options->warm_up);
  Measurement measurement(context.clients, &context.publisher);
  status = measurement.Begin(options->pids);
  if (!status.ok()) return status;
  const int64_t begin = MonotonicNs();
  run.Run(options->seconds);
  const int64_t end = MonotonicNs();
  const bool answered = context.publisher.WaitUnanswered(0, end + kSettlePatienceNs);
  const uint64_t stale = context.clients.Settle(end + kSettlePatienceNs);
  boost::json::object answer = measurement.End();
  answer["changes"] = run.changes();
  answer["stale"] = stale;
  answer["unanswered"] = !answered;
  answer["publish_seconds"] = static_cast<double>(end - begin) * 1e-9;
  answer["settle_seconds"] = static_cast<double>(MonotonicNs() - end) * 1e-9;
  answer["most_late_ns"] = run.most_late_ns();
  return answer;
}

}  // namespace entitysync::bench
