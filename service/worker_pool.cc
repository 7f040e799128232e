#include "service/worker_pool.h"

#include <algorithm>
#include <utility>

namespace entitysync::service {

WorkerPool::WorkerPool(size_t threads, size_t queue) : queue_(queue), idle_(threads) {
  threads_.reserve(threads);
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

WorkerPool::~WorkerPool() { Stop(); }

size_t WorkerPool::TrySubmit(Task task, size_t runs) {
  auto shared = std::make_shared<const Task>(std::move(task));
  size_t taken;
  size_t woken;
  {
    std::lock_guard lock(mutex_);
    // Runs that an idle thread is about to take do not count as waiting.
    taken = stopping_ ? 0 : std::min(runs, queue_ + idle_ - waiting_);
    if (taken == 0) return 0;
    jobs_.push_back({std::move(shared), 0, taken});
    waiting_ += taken;
    woken = std::min(taken, idle_);
  }
  for (size_t i = 0; i < woken; ++i) ready_.notify_one();
  return taken;
}

size_t WorkerPool::Waiting() const {
  std::lock_guard lock(mutex_);
  return waiting_;
}

void WorkerPool::Stop() {
  std::deque<Job> dropped;
  std::vector<std::thread> threads;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(jobs_);
    waiting_ = 0;
    threads.swap(threads_);
  }
  ready_.notify_all();
  dropped.clear();  // What the tasks hold dies outside the lock.
  for (std::thread& thread : threads) thread.join();
}

void WorkerPool::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ready_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    --idle_;
    if (stopping_) return;
    Job& job = jobs_.front();
    const size_t run = job.next++;
    --waiting_;
    const bool is_last = job.next == job.end;
    std::shared_ptr<const Task> task = is_last ? std::move(job.task) : job.task;
    if (is_last) jobs_.pop_front();
    lock.unlock();
    (*task)(run);
    task.reset();  // Whatever it holds dies outside the lock.
    lock.lock();
    ++idle_;
  }
}

}  // namespace entitysync::service
