#include "service/later_sender.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace entitysync::service {
namespace {

// What only concerns these very changes, so that others may pass.
bool IsAboutTheChanges(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsNotFound(status);
}

// Splits a request that was refused as a whole: an entity type that has no target goes apart from
// the rest, else into halves. Nothing, and the part is as it was, if it cannot be split.
std::vector<Part> Split(Part& part, const absl::Status& status) {
  std::vector<Change>& changes = part.changes;
  if (changes.size() < 2) return {};
  auto middle = std::stable_partition(changes.begin(), changes.end(),
                                      [entity = changes.front().key.entity](const Change& change) {
                                        return change.key.entity == entity;
                                      });
  if (middle == changes.end()) {
    if (absl::IsNotFound(status)) return {};
    middle = changes.begin() + static_cast<std::ptrdiff_t>(changes.size() / 2);
  }
  Part rest = part;
  rest.changes.assign(std::make_move_iterator(middle), std::make_move_iterator(changes.end()));
  changes.erase(middle, changes.end());
  return {std::move(part), std::move(rest)};
}

}  // namespace

LaterSender::LaterSender(GatewayClient& client, const NotifierOptions& options)
    : options_(options),
      log_(options.log),
      backoff_(options.min_backoff, options.max_backoff),
      route_(client, options_, *this),
      thread_([this] { Run(); }) {}

LaterSender::~LaterSender() { Stop(); }

bool LaterSender::Add(Change change) {
  const absl::Status valid = ValidateKey(change.key);
  {
    std::lock_guard lock(mutex_);
    if (valid.ok() && !stop_until_) {
      switch (work_.Add(std::move(change), options_.later_queue)) {
        case LaterWork::Taken::kMerged:
          ++counters_.coalesced;
          return true;
        case LaterWork::Taken::kQueued:
          wake_.notify_one();
          return true;
        case LaterWork::Taken::kNoRoom:
          break;
      }
    }
    ++counters_.dropped;
  }
  log_.Write(absl::StrCat("NotifyLater dropped a change: ",
                          valid.ok() ? "its queue is full, or the notifier is stopped"
                                     : absl::string_view(valid.message())));
  return false;
}

bool LaterSender::Flush(std::chrono::milliseconds timeout) {
  Lock lock(mutex_);
  return settled_.wait_for(lock, timeout, [this, target = work_.last()] {
    return work_.settled_up_to() >= target && lines_.empty();
  });
}

void LaterSender::Stop() {
  {
    Lock lock(mutex_);
    if (!stop_until_) {
      stop_until_ = Clock::now() + options_.flush_timeout;
      // Cuts short the wait that it meets. What is left then is for further attempts.
      not_before_ = new_at_ = Clock::time_point();
    }
    wake_.notify_all();
    settled_.wait(lock, [this] { return finished_; });
  }
  std::call_once(joined_, [this] { thread_.join(); });
}

void LaterSender::AddTo(NotifierStats& stats) const {
  std::lock_guard lock(mutex_);
  stats.sent += counters_.sent;
  stats.coalesced += counters_.coalesced;
  stats.dropped += counters_.dropped;
  stats.retries += counters_.retries;
  stats.waiting += work_.size();
}

void LaterSender::OnSettled(uint64_t acknowledged, std::vector<Failure> failures) {
  std::lock_guard lock(mutex_);
  news_.acknowledged = std::max(news_.acknowledged, acknowledged);
  std::move(failures.begin(), failures.end(), std::back_inserter(news_.failures));
  wake_.notify_one();
}

void LaterSender::OnFree() {
  std::lock_guard lock(mutex_);
  wake_.notify_one();
}

void LaterSender::OnEnded(absl::Status status) {
  std::lock_guard lock(mutex_);
  news_.end = std::move(status);
  wake_.notify_one();
}

void LaterSender::Run() {
  Lock lock(mutex_);
  while (true) {
    TakeNews(lock);
    WriteLog(lock);
    if (stop_until_ && (work_.empty() || Clock::now() >= *stop_until_)) break;
    Tend(lock);
    if (MaySend(Clock::now())) {
      SendNext(lock);
    } else {
      wake_.wait_until(lock, NextWakeUp());
    }
  }
  EndChannel(lock, absl::CancelledError("the notifier was stopped"));
  for (const Part& part : work_.TakeAll()) Drop(part, part.last_status);
  WriteLog(lock);
  finished_ = true;
  settled_.notify_all();
}

void LaterSender::TakeNews(Lock& lock) {
  TakeSettled();
  if (!news_.end) return;
  const absl::Status status = *news_.end;
  EndChannel(lock, status);
}

void LaterSender::TakeSettled() {
  std::vector<Failure> failures = std::exchange(news_.failures, {});
  for (const Failure& failure : failures) {
    std::optional<Part> part = work_.TakeFailed(failure.sequence);
    if (part) Fail(std::move(*part), failure.status);
  }
  const size_t taken = work_.Acknowledge(news_.acknowledged);
  counters_.sent += taken;
  if (taken > 0) backoff_.Reset();
  if (taken == 0 && failures.empty()) return;
  route_.OnSettled();
  settled_.notify_all();
}

void LaterSender::Fail(Part part, const absl::Status& status) {
  if (IsAboutTheChanges(status)) {
    std::vector<Part> halves = Split(part, status);
    if (halves.empty()) Drop(part, status);
    return work_.Return(std::move(halves));
  }
  // A wrong key is retried too: whoever mends it at the gateways loses nothing.
  part.is_retry = true;
  part.last_status = status;
  std::vector<Part> again;
  // Too large, or too much for a gateway that is busy.
  if (absl::IsResourceExhausted(status)) again = Split(part, status);
  if (again.empty()) again.push_back(std::move(part));
  work_.Return(std::move(again));
  WaitToRetry();
}

void LaterSender::Drop(const Part& part, const absl::Status& status) {
  counters_.dropped += part.changes.size();
  std::string line = absl::StrCat("NotifyLater dropped ", part.changes.size(),
                                  " changes: ", absl::StatusCodeToString(status.code()));
  if (absl::IsNotFound(status)) {
    absl::StrAppend(&line, "; the gateways' configuration has no target for entity type '",
                    part.changes.front().key.entity, "'");
  }
  lines_.push_back(std::move(line));
}

void LaterSender::EndChannel(Lock& lock, const absl::Status& status) {
  lock.unlock();
  route_.Close(Clock::now(), status);
  lock.lock();
  TakeSettled();  // Told until now.
  news_.end.reset();
  if (work_.changes_under_way() == 0) return;
  // That a gateway knows no streams is not a failure of these changes.
  const bool are_retries = !absl::IsUnimplemented(status);
  work_.ReturnAll(are_retries, status);
  if (are_retries) WaitToRetry();
}

void LaterSender::Tend(Lock& lock) {
  if (!route_.is_open() || !route_.is_stream()) return;
  const Clock::time_point now = Clock::now();
  const auto oldest = work_.OldestUnderWay();
  if (oldest && now - *oldest >= options_.attempt_timeout) {
    EndChannel(lock, absl::DeadlineExceededError("the gateway did not answer on the stream"));
  } else if (work_.empty() && now - sent_at_ >= Route::kIdle) {
    EndChannel(lock, absl::CancelledError("the stream has nothing to do"));
  }
}

bool LaterSender::MaySend(Clock::time_point now) const {
  if (now < not_before_) return false;
  if (!work_.HasReturned() && (!work_.HasNew() || now < new_at_)) return false;
  if (!route_.is_open()) return true;
  return route_.channel().IsFree() &&
         work_.changes_under_way() < route_.channel().limits().changes_under_way;
}

void LaterSender::SendNext(Lock& lock) {
  const Clock::time_point now = Clock::now();
  if (work_.changes_under_way() == 0) {
    lock.unlock();
    route_.Prepare(now);
    lock.lock();
  }
  const Channel::Limits limits = route_.channel().limits();
  Part part = work_.Take(limits.changes_per_request, now + options_.later_retry_for);
  if (part.is_retry && now >= part.give_up) {
    Drop(part, part.last_status);
    return settled_.notify_all();
  }
  counters_.retries += part.is_retry ? 1 : 0;
  sent_at_ = now;
  if (!stop_until_) new_at_ = now + limits.gather;
  const uint64_t sequence = ++last_sequence_;
  const Part& sent = work_.SetUnderWay(sequence, std::move(part), now);
  lock.unlock();  // Only this thread takes away what is under way.
  route_.channel().Send(sequence, sent.changes);
  lock.lock();
}

void LaterSender::WaitToRetry() {
  const Clock::time_point now = Clock::now();
  if (now >= not_before_) not_before_ = now + backoff_.Next();
}

LaterSender::Clock::time_point LaterSender::NextWakeUp() const {
  const Clock::time_point now = Clock::now();
  Clock::time_point next = stop_until_.value_or(now + std::chrono::hours(1));
  const auto not_later_than = [&](Clock::time_point time) { next = std::min(next, time); };
  // What is due already waits for the channel, which will tell.
  const Clock::time_point due = work_.HasReturned() ? not_before_ : std::max(not_before_, new_at_);
  if ((work_.HasReturned() || work_.HasNew()) && due > now) not_later_than(due);
  if (!route_.is_open() || !route_.is_stream()) return next;
  if (const auto oldest = work_.OldestUnderWay()) {
    not_later_than(*oldest + options_.attempt_timeout);
  } else if (work_.empty()) {
    not_later_than(sent_at_ + Route::kIdle);
  }
  return next;
}

void LaterSender::WriteLog(Lock& lock) {
  if (lines_.empty()) return;
  lock.unlock();  // Only this thread changes them.
  for (const std::string& line : lines_) log_.Write(line);
  lock.lock();
  lines_.clear();
  settled_.notify_all();
}

}  // namespace entitysync::service
