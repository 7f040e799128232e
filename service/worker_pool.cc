#include "service/worker_pool.h"

#include <utility>

namespace entitysync::service {

WorkerPool::WorkerPool(size_t threads, size_t queue) : queue_(queue), idle_(threads) {
  threads_.reserve(threads);
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

WorkerPool::~WorkerPool() { Stop(); }

bool WorkerPool::TrySubmit(Task task) {
  std::lock_guard lock(mutex_);
  // Tasks that an idle thread is about to take do not count as waiting.
  if (stopping_ || tasks_.size() >= queue_ + idle_) return false;
  tasks_.push_back(std::move(task));
  ready_.notify_one();
  return true;
}

size_t WorkerPool::Waiting() const {
  std::lock_guard lock(mutex_);
  return tasks_.size();
}

void WorkerPool::Stop() {
  std::deque<Task> dropped;
  std::vector<std::thread> threads;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(tasks_);
    threads.swap(threads_);
  }
  ready_.notify_all();
  dropped.clear();  // What the tasks hold dies outside the lock.
  for (std::thread& thread : threads) thread.join();
}

void WorkerPool::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    ready_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    --idle_;
    if (stopping_) return;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // Whatever it holds dies outside the lock.
    lock.lock();
    ++idle_;
  }
}

}  // namespace entitysync::service
