#include <absl/strings/str_cat.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "bench/lib/clock.h"
#include "bench/load/run.h"

namespace entitysync::bench {
namespace {

constexpr int64_t kRoundPatienceNs = 5'000'000'000;

struct ClosedOptions {
  uint32_t first = 0;
  uint32_t count = 1;
  uint32_t bundle = 1;
  uint32_t batch = 1;
  uint64_t in_flight = 1;
  uint64_t rounds = 0;  // 0: `seconds` counts.
  double seconds = 0;
  double warm_up = 0;  // In the unit of the length.
  std::vector<int64_t> pids;
};

absl::StatusOr<ClosedOptions> Read(Parameters& parameters) {
  ClosedOptions options;
  const std::vector<int64_t> keys = parameters.Wholes("keys");
  options.bundle = static_cast<uint32_t>(parameters.Whole("bundle", 1, 1, KeyTable::kMaxKeys));
  options.batch = static_cast<uint32_t>(parameters.Whole("batch", 1, 1, 10'000));
  options.in_flight = static_cast<uint64_t>(parameters.Whole("in_flight", 1, 1, 1'000));
  options.rounds = static_cast<uint64_t>(parameters.Whole("rounds", 0, 0, 1'000'000'000));
  options.seconds = parameters.Number("seconds", 0, 0, 86'400);
  options.warm_up = parameters.Number("warm_up", 0, 0, 1e9);
  options.pids = parameters.Wholes("measure_pids");
  if (absl::Status status = parameters.Check(); !status.ok()) return status;
  if (keys.size() != 2 || keys[1] < options.bundle || keys[0] + keys[1] > KeyTable::kMaxKeys) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"keys\" has to be [first, count], with a count of at least \"bundle\" and keys below ",
        KeyTable::kMaxKeys));
  }
  if ((options.rounds == 0) == (options.seconds == 0)) {
    return absl::InvalidArgumentError("give either \"rounds\" or \"seconds\", above 0");
  }
  options.first = static_cast<uint32_t>(keys[0]);
  options.count = static_cast<uint32_t>(keys[1]);
  return options;
}

// Changes one bundle of keys after the other, and no more than so many at once.
class ClosedRun {
 public:
  ClosedRun(const ClosedOptions& options, RunContext context)
      : options_(options), context_(context), expected_(context.table.Covered()) {}

  // Until `rounds` rounds or `seconds` seconds, whichever is not 0, are over and delivered.
  absl::Status Run(uint64_t rounds, double seconds) {
    rounds_ = 0;
    const int64_t end = MonotonicNs() + static_cast<int64_t>(seconds * 1e9);
    while (rounds > 0 ? rounds_ < rounds : MonotonicNs() < end) {
      if (absl::Status status = WaitUntilAtMost(options_.in_flight - 1); !status.ok()) {
        return status;
      }
      Round();
    }
    return WaitUntilAtMost(0);
  }

  uint64_t rounds() const { return rounds_; }

 private:
  void Round() {
    ++rounds_;
    for (uint32_t done = 0; done < options_.bundle;) {
      const uint32_t size = std::min(options_.batch, options_.bundle - done);
      Call(size);
      done += size;
      ++calls_;
    }
    under_way_.push_back({expected_, calls_});
  }

  void Call(uint32_t size) {
    changed_.clear();
    const int64_t now = MonotonicNs();
    for (uint32_t i = 0; i < size; ++i) {
      const uint32_t key = options_.first + next_;
      next_ = (next_ + 1) % options_.count;
      expected_ += context_.table.Watchers(key);
      changed_.push_back({key, context_.table.Change(key, now), now});
    }
    context_.publisher.Notify(changed_);
  }

  // Until at most so many rounds are not delivered completely, and answered.
  absl::Status WaitUntilAtMost(uint64_t rounds) {
    while (under_way_.size() > rounds) {
      const Mark mark = under_way_.front();
      under_way_.pop_front();
      const int64_t deadline = MonotonicNs() + kRoundPatienceNs;
      if (!context_.table.WaitCovered(mark.covered, deadline)) {
        return absl::DeadlineExceededError(absl::StrCat(
            mark.covered - context_.table.Covered(), " changes did not reach their watchers ",
            "within 5 s; see the log of the server, and whether all subscriptions were in place",
            Failures()));
      }
      if (!context_.publisher.WaitUnanswered(calls_ - mark.calls, deadline)) {
        return absl::DeadlineExceededError(
            absl::StrCat("notifies were not answered within 5 s", Failures()));
      }
    }
    return absl::OkStatus();
  }

  std::string Failures() {
    const PublisherCounts counts = context_.publisher.Counts();
    return counts.failed == 0
               ? ""
               : absl::StrCat("; ", counts.failed,
                              " notifies failed, the first with: ", counts.first_failure);
  }

  // When a round is over: so much is covered, and so many calls were made up to its last.
  struct Mark {
    uint64_t covered = 0;
    uint64_t calls = 0;
  };

  const ClosedOptions options_;
  const RunContext context_;
  uint64_t expected_;
  uint64_t calls_ = 0;
  uint64_t rounds_ = 0;
  uint32_t next_ = 0;  // Of the range of keys.
  std::deque<Mark> under_way_;
  std::vector<Changed> changed_;
};

}  // namespace

absl::StatusOr<boost::json::object> RunClosed(Parameters& parameters, RunContext context) {
  const absl::StatusOr<ClosedOptions> options = Read(parameters);
  if (!options.ok()) return options.status();
  absl::Status status = context.publisher.Prepare(context.table.AllWatchers());
  if (!status.ok()) return status;
  context.clients.Baseline();
  ClosedRun run(*options, context);
  if (options->warm_up > 0) {
    status = options->rounds > 0 ? run.Run(static_cast<uint64_t>(options->warm_up), 0)
                                 : run.Run(0, options->warm_up);
    if (!status.ok()) return status;
  }
  Measurement measurement(context.clients, &context.publisher);
  status = measurement.Begin(options->pids);
  if (!status.ok()) return status;
  const uint64_t covered = context.table.Covered();
  status = run.Run(options->rounds, options->seconds);
  if (!status.ok()) return status;
  boost::json::object answer = measurement.End();
  answer["rounds"] = run.rounds();
  answer["changes"] = run.rounds() * options->bundle;
  answer["covered_by_all"] = context.table.Covered() - covered;
  return answer;
}

}  // namespace entitysync::bench
