#include "gateway/fetch/batch_queue.h"

#include <absl/container/inlined_vector.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace entitysync::fetch {

// A call under way. All but `executor` is touched by the queue's loop only.
struct OpenCall {
  OpenCall(BatchQueue* of, base::Executor& loop, base::TimePoint now, bool shared)
      : queue(of), executor(loop), sent(now), is_shared(shared) {}

  void Add(Asker& asker, const FetchRequest& request) {
    askers.push_back(&asker);
    requests.push_back(request);
    ++wanted;
  }

  BatchQueue* queue;  // Null once it is over.
  base::Executor& executor;
  const base::TimePoint sent;
  const bool is_shared;                   // Others could have joined it.
  size_t position = 0;                    // Among the queue's calls.
  size_t wanted = 0;                      // How many answers somebody waits for.
  absl::InlinedVector<Asker*, 1> askers;  // Null: forgotten.
  absl::InlinedVector<FetchRequest, 1> requests;
  std::unique_ptr<FetchCall> call;
};

namespace {

size_t SizeOf(const FetchRequest& request) {
  return request.key.entity.size() + request.key.id.size() + request.secret.size();
}

}  // namespace

BatchQueue::BatchQueue(base::Executor& executor, EntitySource& source, BatchOptions options,
                       metrics::HubMetrics& metrics)
    : executor_(executor), source_(source), options_(options), metrics_(metrics) {}

BatchQueue::~BatchQueue() {
  executor_.Cancel(timer_);
  for (const auto& call : calls_) call->queue = nullptr;
}

void BatchQueue::Ask(Asker& asker, bool alone) {
  assert(executor_.IsCurrent() && !asker.is_waiting_ && asker.call_ == nullptr);
  if (alone || CallLimit() == 1 || GoesAlone(asker)) {
    const base::TimePoint now = executor_.Now();
    return SendAlone(asker, asker.OnSend(now), now);
  }
  AddToLine(asker);
  WatchTurnEnd();
}

void BatchQueue::Forget(Asker& asker) {
  if (std::exchange(asker.is_waiting_, false)) {
    waiting_[asker.index_] = nullptr;
    ++forgotten_;
    return;
  }
  if (asker.call_ == nullptr) return;
  OpenCall& call = *std::exchange(asker.call_, nullptr);
  call.askers[asker.index_] = nullptr;
  if (call.queue == nullptr) return;
  if (--call.wanted > 0) return call.call->Drop(asker.index_);
  const std::unique_ptr<FetchCall> ended = std::move(call.call);
  End(call);
}

size_t BatchQueue::CallLimit() const { return std::min(options_.max_items, source_.MaxItems()); }

bool BatchQueue::GoesAlone(const Asker& asker) const {
  return asker.alone_until_ != base::TimePoint{} && executor_.Now() < asker.alone_until_;
}

void BatchQueue::AddToLine(Asker& asker) {
  asker.is_waiting_ = true;
  asker.index_ = static_cast<uint32_t>(waiting_.size());
  waiting_.push_back(&asker);
}

void BatchQueue::WatchTurnEnd() {
  if (std::exchange(watches_turn_end_, true)) return;
  executor_.AtTurnEnd([this] { OnTurnEnd(); });
}

void BatchQueue::OnTurnEnd() {
  watches_turn_end_ = false;
  if (waiting_.empty()) return;
  const size_t count = waiting_.size() - forgotten_;
  if (shared_calls_ == 0 || options_.window <= base::Duration(0)) {
    return Send(count, is_gathering_ ? metrics_.calls_answered : metrics_.calls_turn);
  }
  const size_t limit = CallLimit();
  if (count >= limit) Send(count - count % limit, metrics_.calls_full);
  if (!waiting_.empty()) Gather(executor_.Now());
}

void BatchQueue::Gather(base::TimePoint now) {
  if (!std::exchange(is_gathering_, true)) since_ = now;
  // A timer that was set for others before them says when to look, and costs nothing more.
  if (timer_ != base::kNoTimer) return;
  timer_ = executor_.After(since_ + options_.window - now, [this] { OnWindow(); });
}

void BatchQueue::OnWindow() {
  timer_ = base::kNoTimer;
  if (!is_gathering_) return;
  const base::TimePoint now = executor_.Now();
  if (now < since_ + options_.window) return Gather(now);
  Send(waiting_.size() - forgotten_, metrics_.calls_window);
}

void BatchQueue::Send(size_t count, metrics::Counter& cause) {
  const base::TimePoint now = executor_.Now();
  const size_t limit = CallLimit();
  std::swap(waiting_, leaving_);
  forgotten_ = 0;
  is_gathering_ = false;
  std::shared_ptr<OpenCall> call;
  size_t bytes = 0;
  for (Asker* asker : leaving_) {
    if (asker == nullptr) continue;
    if (count == 0) {
      AddToLine(*asker);
      continue;
    }
    --count;
    asker->is_waiting_ = false;
    const FetchRequest request = asker->OnSend(now);
    bytes += SizeOf(request);
    if (call != nullptr && (call->askers.size() == limit || bytes > kMaxBytes)) {
      Start(std::exchange(call, nullptr), cause);
    }
    if (call == nullptr) {
      call = std::make_shared<OpenCall>(this, executor_, now, true);
      call->askers.reserve(std::min(limit, count + 1));
      call->requests.reserve(std::min(limit, count + 1));
      bytes = SizeOf(request);
    }
    call->Add(*asker, request);
  }
  leaving_.clear();
  if (call != nullptr) Start(std::move(call), cause);
}

void BatchQueue::SendAlone(Asker& asker, const FetchRequest& request, base::TimePoint now) {
  auto call = std::make_shared<OpenCall>(this, executor_, now, false);
  call->Add(asker, request);
  Start(std::move(call), metrics_.calls_alone);
}

void BatchQueue::Start(std::shared_ptr<OpenCall> call, metrics::Counter& cause) {
  OpenCall& started = *call;
  cause.Increment();
  metrics_.call_items.Observe(static_cast<double>(started.askers.size()));
  for (size_t i = 0; i < started.askers.size(); ++i) {
    started.askers[i]->call_ = &started;
    started.askers[i]->index_ = static_cast<uint32_t>(i);
  }
  started.position = calls_.size();
  calls_.push_back(call);
  shared_calls_ += started.is_shared ? 1 : 0;
  started.call =
      source_.Fetch(started.requests, [call = std::move(call)](FetchAnswers answers) mutable {
        base::Executor& executor = call->executor;
        executor.Post([call = std::move(call), answers = std::move(answers)]() mutable {
          if (call->queue != nullptr) call->queue->OnAnswers(*call, std::move(answers));
        });
      });
}

void BatchQueue::End(OpenCall& call) {
  call.queue = nullptr;
  const std::shared_ptr<OpenCall> ended = std::move(calls_[call.position]);
  if (calls_.back() != nullptr) {
    calls_.back()->position = call.position;
    calls_[call.position] = std::move(calls_.back());
  }
  calls_.pop_back();
  if (!call.is_shared) return;
  --shared_calls_;
  if (!waiting_.empty()) WatchTurnEnd();
}

void BatchQueue::OnAnswers(OpenCall& call, FetchAnswers answers) {
  End(call);
  const base::TimePoint now = executor_.Now();
  const base::Duration took = now - call.sent;
  metrics_.fetch_seconds.Observe(std::chrono::duration<double>(took).count());
  const bool is_declined = answers.empty();
  assert(answers.size() == call.askers.size() || (is_declined && call.is_shared));
  const bool is_slow = usual_.IsSlow(took, call.askers.size());
  if (call.is_shared) usual_.Learn(took, call.askers.size());
  for (size_t i = 0; i < call.askers.size(); ++i) {
    // One that is answered may end others.
    Asker* const asker = call.askers[i];
    if (asker == nullptr) continue;
    asker->call_ = nullptr;
    if (is_declined) {
      SendAlone(*asker, call.requests[i], now);
      continue;
    }
    // Who is slow alone is not kept alone for longer by it: only calls with others tell what is
    // usual. But an answer that is too large for itself is so for all others of a call as well.
    const bool is_too_large = !call.is_shared && absl::IsResourceExhausted(answers[i].status);
    if (is_too_large || (is_slow && call.is_shared)) {
      asker->alone_until_ = now + kAloneFor;
    } else if (!is_slow) {
      asker->alone_until_ = base::TimePoint{};
    }
    asker->OnAnswer(std::move(answers[i]), now);
  }
}

}  // namespace entitysync::fetch
