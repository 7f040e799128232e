#include "service/later_sender.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "service/backoff.h"

namespace entitysync::service {
namespace {

// Splits a batch that was refused as a whole: an entity type that has no target goes apart from the
// rest, else into halves. Nothing if it can only be dropped.
std::vector<std::vector<Change>> Split(std::vector<Change> batch, const absl::Status& status) {
  if (batch.size() < 2) return {};
  auto middle = std::stable_partition(batch.begin(), batch.end(),
                                      [entity = batch.front().key.entity](const Change& change) {
                                        return change.key.entity == entity;
                                      });
  if (middle == batch.end()) {
    if (absl::IsNotFound(status)) return {};
    middle = batch.begin() + static_cast<std::ptrdiff_t>(batch.size() / 2);
  }
  std::vector<Change> rest(std::make_move_iterator(middle), std::make_move_iterator(batch.end()));
  batch.erase(middle, batch.end());
  return {std::move(rest), std::move(batch)};
}

// What only concerns these very changes, so that others may pass.
bool IsAboutTheChanges(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsNotFound(status) ||
         absl::IsResourceExhausted(status);
}

}  // namespace

LaterSender::LaterSender(GatewayClient& client, const NotifierOptions& options)
    : client_(client), options_(options), log_(options.log), thread_([this] { Run(); }) {}

LaterSender::~LaterSender() { Stop(); }

bool LaterSender::Add(Change change) {
  const absl::Status valid = ValidateKey(change.key);
  {
    std::lock_guard lock(mutex_);
    if (valid.ok() && !stop_until_) {
      if (queue_.Merge(change)) {
        ++coalesced_;
        return true;
      }
      if (queue_.size() + sending_ < options_.later_queue) {
        queue_.Append(std::move(change));
        wake_.notify_one();
        return true;
      }
    }
  }
  ++dropped_;
  log_.Write(absl::StrCat("NotifyLater dropped a change: ",
                          valid.ok() ? "its queue is full, or the notifier is stopped"
                                     : absl::string_view(valid.message())));
  return false;
}

bool LaterSender::Flush(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return delivered_.wait_for(lock, timeout,
                             [this, target = queue_.last()] { return delivered_up_to_ >= target; });
}

void LaterSender::Stop() {
  {
    std::unique_lock lock(mutex_);
    if (!stop_until_) stop_until_ = Clock::now() + options_.flush_timeout;
    wake_.notify_all();
    if (!delivered_.wait_until(lock, *stop_until_, [this] { return finished_; }) &&
        attempt_ != nullptr) {
      attempt_->TryCancel();
    }
  }
  if (thread_.joinable()) thread_.join();
}

void LaterSender::AddTo(NotifierStats& stats) const {
  stats.sent += sent_;
  stats.coalesced += coalesced_;
  stats.dropped += dropped_;
  stats.retries += retries_;
  std::lock_guard lock(mutex_);
  stats.waiting += queue_.size() + sending_;
}

void LaterSender::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stop_until_ || queue_.size() > 0; });
    if (queue_.size() == 0) break;
    LaterQueue::Batch batch = queue_.Take(kMaxChangesPerCall);
    sending_ = batch.changes.size();
    lock.unlock();
    Deliver(std::move(batch.changes));
    lock.lock();
    sending_ = 0;
    delivered_up_to_ = batch.last;
    delivered_.notify_all();
  }
  finished_ = true;
  delivered_.notify_all();
}

void LaterSender::Deliver(std::vector<Change> batch) {
  const Clock::time_point give_up = Clock::now() + options_.later_retry_for;
  std::vector<std::vector<Change>> parts;
  parts.push_back(std::move(batch));
  while (!parts.empty()) {
    std::vector<Change> part = std::move(parts.back());
    parts.pop_back();
    const absl::Status status = SendWithRetries(part, give_up);
    if (status.ok()) {
      sent_ += part.size();
      continue;
    }
    std::vector<std::vector<Change>> halves;
    if (IsAboutTheChanges(status)) {
      halves = Split(part, status);
    }
    if (halves.empty()) Drop(part, status);
    std::move(halves.begin(), halves.end(), std::back_inserter(parts));
  }
}

absl::Status LaterSender::SendWithRetries(std::span<const Change> changes,
                                          Clock::time_point give_up) {
  Backoff backoff(options_.min_backoff, options_.max_backoff);
  absl::Status status = absl::UnavailableError("not sent");
  bool first = true;
  do {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(Deadline(give_up) - Clock::now());
    if (left.count() <= 0) return status;
    if (!std::exchange(first, false)) ++retries_;
    status = Attempt(changes, std::min(left, options_.attempt_timeout));
    // A wrong key is retried too: whoever mends it at the gateways loses nothing.
  } while (!status.ok() && !IsAboutTheChanges(status) && WaitToRetry(backoff.Next(), give_up));
  return status;
}

absl::Status LaterSender::Attempt(std::span<const Change> changes,
                                  std::chrono::milliseconds timeout) {
  grpc::ClientContext context;
  {
    std::lock_guard lock(mutex_);
    attempt_ = &context;
  }
  absl::Status status = client_.Attempt(context, changes, timeout);
  std::lock_guard lock(mutex_);
  attempt_ = nullptr;
  return status;
}

bool LaterSender::WaitToRetry(std::chrono::milliseconds backoff, Clock::time_point give_up) {
  {
    std::unique_lock lock(mutex_);
    // Stop cuts short the wait that it meets. What is left then is for further attempts.
    const bool stopped = stop_until_.has_value();
    const auto until = std::min(Clock::now() + backoff, stop_until_.value_or(give_up));
    wake_.wait_until(lock, until, [&] { return stop_until_.has_value() != stopped; });
  }
  return Clock::now() < Deadline(give_up);
}

LaterSender::Clock::time_point LaterSender::Deadline(Clock::time_point give_up) const {
  std::lock_guard lock(mutex_);
  return stop_until_ ? std::min(give_up, *stop_until_) : give_up;
}

void LaterSender::Drop(std::span<const Change> changes, const absl::Status& status) {
  dropped_ += changes.size();
  std::string line = absl::StrCat("NotifyLater dropped ", changes.size(),
                                  " changes: ", absl::StatusCodeToString(status.code()));
  if (absl::IsNotFound(status)) {
    absl::StrAppend(&line, "; the gateways' configuration has no target for entity type '",
                    changes.front().key.entity, "'");
  }
  log_.Write(std::move(line));
}

}  // namespace entitysync::service
