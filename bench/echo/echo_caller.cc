#include "bench/echo/echo_caller.h"

#include <absl/strings/str_cat.h>
#include <grpcpp/grpcpp.h>

#include <optional>
#include <utility>

#include "bench/lib/clock.h"

namespace entitysync::bench {

// One of the calls in flight; the next one follows when it has ended.
struct EchoCaller::Slot {
  std::optional<grpc::ClientContext> context;
  v1::HandleMessageRequest request;
  v1::HandleMessageResponse response;
  int64_t began_ns = 0;
  uint64_t calls = 0;
  Histogram latency;
};

absl::StatusOr<std::unique_ptr<EchoCaller>> EchoCaller::Open(const Options& options) {
  fetch_grpc::GrpcTargetOptions target;
  target.name = "echo";
  target.addresses = {options.target};
  absl::StatusOr<std::unique_ptr<fetch_grpc::Channels>> channels =
      fetch_grpc::Channels::Open(target);
  if (!channels.ok()) return channels.status();
  return std::unique_ptr<EchoCaller>(new EchoCaller(options, *std::move(channels)));
}

EchoCaller::EchoCaller(const Options& options, std::unique_ptr<fetch_grpc::Channels> channels)
    : options_(options), channels_(std::move(channels)) {
  for (uint32_t i = 0; i < options_.in_flight; ++i) {
    slots_.push_back(std::make_unique<Slot>());
    slots_.back()->request.set_data(std::string(options_.bytes, 'x'));
  }
}

EchoCaller::~EchoCaller() = default;

absl::StatusOr<EchoCaller::Result> EchoCaller::Run(double seconds) {
  const int64_t begin = MonotonicNs();
  end_ns_ = begin + static_cast<int64_t>(seconds * 1e9);
  running_ = options_.in_flight;
  for (const auto& slot : slots_) {
    slot->calls = 0;
    slot->latency.Clear();
    Begin(*slot);
  }
  std::unique_lock lock(mutex_);
  all_ended_.wait(lock, [this] { return running_ == 0; });
  if (!failure_.ok()) return failure_;
  Result result;
  result.seconds = static_cast<double>(MonotonicNs() - begin) * 1e-9;
  for (const auto& slot : slots_) {
    result.calls += slot->calls;
    result.latency.Merge(slot->latency);
  }
  return result;
}

void EchoCaller::Begin(Slot& slot) {
  slot.context.emplace();
  if (options_.deadline_ms > 0) {
    slot.context->set_deadline(std::chrono::system_clock::now() +
                               std::chrono::milliseconds(options_.deadline_ms));
  }
  slot.response.Clear();
  slot.began_ns = MonotonicNs();
  channels_->Pick().async()->HandleMessage(
      &*slot.context, &slot.request, &slot.response,
      [this, &slot](const grpc::Status& status) { Ended(slot, status); });
}

void EchoCaller::Ended(Slot& slot, const grpc::Status& status) {
  const int64_t now = MonotonicNs();
  slot.latency.Add(now - slot.began_ns);
  ++slot.calls;
  const bool is_echo = status.ok() && slot.response.replies_size() == 1 &&
                       slot.response.replies(0).data().size() == options_.bytes;
  if (is_echo && now < end_ns_) return Begin(slot);
  const std::lock_guard lock(mutex_);
  if (!is_echo && failure_.ok()) {
    failure_ = absl::UnavailableError(
        absl::StrCat("a call failed: ", status.error_message(), "; is it the echo server's port?"));
  }
  if (--running_ == 0) all_ended_.notify_all();
}

}  // namespace entitysync::bench
