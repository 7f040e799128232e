#include "entitysync/notifier.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <span>
#include <utility>

#include "service/backoff.h"
#include "service/gateway_client.h"
#include "service/later_sender.h"

namespace entitysync {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

absl::Status Validate(const NotifierOptions& options) {
  if (options.gateways.empty()) {
    return absl::InvalidArgumentError("name at least one gateway: \"host:port\" of its gRPC port");
  }
  if (options.later_queue == 0 || options.timeout.count() <= 0 ||
      options.attempt_timeout.count() <= 0 || options.min_backoff.count() <= 0) {
    return absl::InvalidArgumentError(
        "later_queue, timeout, attempt_timeout and min_backoff must be above 0");
  }
  return absl::OkStatus();
}

absl::Status Validate(const std::vector<Change>& changes) {
  for (size_t i = 0; i < changes.size(); ++i) {
    const absl::Status status = ValidateKey(changes[i].key);
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("change ", i, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

class Notifier::Impl {
 public:
  Impl(NotifierOptions options, std::unique_ptr<service::GatewayClient> client)
      : options_(std::move(options)), client_(std::move(client)), later_(*client_, options_) {}

  absl::Status Notify(const std::vector<Change>& changes) {
    absl::Status status = Validate(changes);
    const Clock::time_point give_up = Clock::now() + options_.timeout;
    std::span<const Change> rest(changes);
    while (status.ok() && !rest.empty()) {
      const size_t count = std::min(rest.size(), service::kMaxChangesPerCall);
      status = Send(rest.first(count), give_up);
      rest = rest.subspan(count);
    }
    return status;
  }

  bool NotifyLater(Change change) { return later_.Add(std::move(change)); }
  bool Flush(milliseconds timeout) { return later_.Flush(timeout); }

  NotifierStats Stats() const {
    NotifierStats stats;
    stats.sent = sent_;
    stats.retries = retries_;
    later_.AddTo(stats);
    return stats;
  }

  void Stop() {
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    wake_.notify_all();
    later_.Stop();
  }

 private:
  absl::Status Send(std::span<const Change> changes, Clock::time_point give_up) {
    service::Backoff backoff(options_.min_backoff, options_.max_backoff);
    absl::Status last = absl::UnavailableError("no attempt was made");
    for (bool first = true; !Stopped(); first = false) {
      const auto left = std::chrono::duration_cast<milliseconds>(give_up - Clock::now());
      if (left.count() <= 0) break;
      if (!first) ++retries_;
      last = client_->Attempt(changes, std::min(left, options_.attempt_timeout));
      if (last.ok()) sent_ += changes.size();
      if (last.ok() || !service::IsWorthRetrying(last)) return last;
      Wait(backoff.Next(), give_up);
    }
    return absl::UnavailableError(
        absl::StrCat(Stopped() ? "the notifier was stopped" : "no gateway confirmed in time",
                     "; the changes were perhaps heard: notify again. Last: ",
                     absl::StatusCodeToString(last.code()), ": ", last.message()));
  }

  // Waits, not beyond `give_up` and not beyond Stop.
  void Wait(milliseconds backoff, Clock::time_point give_up) {
    std::unique_lock lock(mutex_);
    wake_.wait_until(lock, std::min(Clock::now() + backoff, give_up), [this] { return stopped_; });
  }

  bool Stopped() const {
    std::lock_guard lock(mutex_);
    return stopped_;
  }

  const NotifierOptions options_;
  const std::unique_ptr<service::GatewayClient> client_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  std::atomic<uint64_t> sent_ = 0;
  std::atomic<uint64_t> retries_ = 0;
  service::LaterSender later_;
};

absl::StatusOr<std::unique_ptr<Notifier>> Notifier::Create(NotifierOptions options) {
  const absl::Status status = Validate(options);
  if (!status.ok()) return status;
  auto client = service::GatewayClient::Create(options);
  if (!client.ok()) return client.status();
  return std::unique_ptr<Notifier>(
      new Notifier(std::make_unique<Impl>(std::move(options), *std::move(client))));
}

Notifier::Notifier(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Notifier::~Notifier() { Stop(); }

absl::Status Notifier::Notify(const std::vector<Change>& changes) { return impl_->Notify(changes); }
absl::Status Notifier::Notify(const EntityKey& key) { return Notify(Change{key, {}}); }
absl::Status Notifier::Notify(const Change& change) {
  return impl_->Notify(std::vector<Change>{change});
}
bool Notifier::NotifyLater(Change change) { return impl_->NotifyLater(std::move(change)); }
bool Notifier::NotifyLater(EntityKey key) { return NotifyLater(Change{std::move(key), {}}); }
bool Notifier::Flush(std::chrono::milliseconds timeout) { return impl_->Flush(timeout); }
NotifierStats Notifier::Stats() const { return impl_->Stats(); }
void Notifier::Stop() { impl_->Stop(); }

}  // namespace entitysync
