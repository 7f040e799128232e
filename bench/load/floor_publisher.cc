#include "bench/load/floor_publisher.h"

#include <absl/strings/str_cat.h>

#include <chrono>
#include <thread>
#include <utility>

#include "bench/lib/clock.h"

namespace entitysync::bench {
namespace {

constexpr int64_t kPatienceNs = 10'000'000'000;

template <typename T>
void Append(const T& value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Publisher>> FloorPublisher::Connect(
    const std::vector<std::string>& addresses) {
  std::vector<Fd> controls;
  for (const std::string& address : addresses) {
    absl::StatusOr<Fd> control = ConnectBlocking(address);
    if (!control.ok()) return control.status();
    controls.push_back(*std::move(control));
  }
  return std::unique_ptr<Publisher>(new FloorPublisher(std::move(controls)));
}

absl::StatusOr<FloorReport> FloorPublisher::Ask() {
  FloorReport sum;
  for (const Fd& control : controls_) {
    const uint32_t question = 0;
    FloorReport report;
    absl::Status status = SendAll(control, &question, sizeof(question));
    if (status.ok()) status = ReceiveAll(control, &report, sizeof(report));
    if (!status.ok()) return status;
    sum.subscriptions += report.subscriptions;
    sum.connections += report.connections;
    sum.sent += report.sent;
    sum.dropped += report.dropped;
  }
  return sum;
}

absl::Status FloorPublisher::Prepare(uint64_t subscriptions) {
  const int64_t deadline = MonotonicNs() + kPatienceNs;
  for (;;) {
    const absl::StatusOr<FloorReport> report = Ask();
    if (!report.ok()) return report.status();
    if (report->subscriptions == subscriptions) return absl::OkStatus();
    if (MonotonicNs() > deadline) {
      return absl::DeadlineExceededError(absl::StrCat(
          "the floor program has ", report->subscriptions, " subscriptions, and ", subscriptions,
          " are watched: are all clients connected to it, and nobody else?"));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void FloorPublisher::Notify(std::span<const Changed> changes) {
  message_.clear();
  Append(static_cast<uint32_t>(changes.size()), message_);
  for (const Changed& change : changes) {
    Append(FloorChange{change.key, change.seq, change.at_ns}, message_);
  }
  for (const Fd& control : controls_) {
    ++counts_.calls;
    const absl::Status sent = SendAll(control, message_.data(), message_.size());
    if (sent.ok()) continue;
    ++counts_.failed;
    if (counts_.first_failure.empty()) {
      counts_.first_failure = std::string(sent.message().data(), sent.message().size());
    }
  }
}

}  // namespace entitysync::bench
