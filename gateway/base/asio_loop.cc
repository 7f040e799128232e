#include "gateway/base/asio_loop.h"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <cassert>

namespace entitysync::base {

AsioLoop::AsioLoop(std::string name)
    : name_(std::move(name)), work_(context_.get_executor()), timer_(context_) {}

AsioLoop::~AsioLoop() { Stop(); }

void AsioLoop::Start() {
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), name_.substr(0, 15).c_str());
}

void AsioLoop::Stop() {
  assert(!IsCurrent());
  stopping_ = true;
  context_.stop();
  if (thread_.joinable()) thread_.join();
  thread_id_ = std::thread::id();
}

void AsioLoop::Post(Task task) {
  bool was_empty;
  {
    const MutexLock lock(mutex_);
    was_empty = posted_.empty();
    posted_.push_back(std::move(task));
  }
  // One wake-up for all that is posted until the loop gets there.
  if (was_empty) boost::asio::post(context_, [this] { DrainPosted(); });
}

bool AsioLoop::IsCurrent() const { return thread_id_ == std::this_thread::get_id(); }

bool AsioLoop::MayTouch() const { return IsCurrent() || thread_id_ == std::thread::id(); }

TimePoint AsioLoop::Now() const { return std::chrono::steady_clock::now(); }

TimerId AsioLoop::After(Duration delay, Task task) {
  assert(MayTouch());
  const TimePoint due = Now() + delay;
  const TimerId id = ++last_timer_;
  timers_.emplace(std::make_pair(due, id), std::move(task));
  timer_times_.emplace(id, due);
  ArmTimer();
  return id;
}

void AsioLoop::Cancel(TimerId timer) {
  assert(MayTouch());
  const auto it = timer_times_.find(timer);
  if (it == timer_times_.end()) return;
  timers_.erase({it->second, timer});
  timer_times_.erase(it);
}

void AsioLoop::AtTurnEnd(Task task) {
  assert(MayTouch());
  turn_end_.push_back(std::move(task));
}

void AsioLoop::Run() {
  thread_id_ = std::this_thread::get_id();
  while (!stopping_) {
    context_.run_one();
    for (int i = 1; i < kMaxHandlersPerTurn && context_.poll_one() > 0; ++i) {
    }
    RunTurnEnd();
  }
}

void AsioLoop::DrainPosted() {
  {
    const MutexLock lock(mutex_);
    draining_.swap(posted_);
  }
  for (Task& task : draining_) task();
  draining_.clear();
}

void AsioLoop::RunTurnEnd() {
  // A task may add another for the same turn's end, so the list is walked by index.
  for (size_t i = 0; i < turn_end_.size(); ++i) {
    Task task = std::move(turn_end_[i]);
    task();
  }
  turn_end_.clear();
}

void AsioLoop::RunDueTimers() {
  const TimePoint now = Now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    auto node = timers_.extract(timers_.begin());
    timer_times_.erase(node.key().second);
    node.mapped()();
  }
}

void AsioLoop::ArmTimer() {
  if (timers_.empty() || timers_.begin()->first.first >= armed_for_) return;
  armed_for_ = timers_.begin()->first.first;
  timer_.expires_at(armed_for_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;  // Re-armed for an earlier time, or the loop ends.
    armed_for_ = TimePoint::max();
    RunDueTimers();
    ArmTimer();
  });
}

}  // namespace entitysync::base
