#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace entitysync::service {

// Runs functions that may block.
//
// Purpose: keeps the application's functions off gRPC's threads.
// Owner and lifetime: the service; the destructor calls Stop.
// Threading: TrySubmit, Waiting and Stop from any thread; Stop never from a task.
// Limits: `threads` tasks run and `queue` wait; more are refused.
// Errors: none. Tasks must not throw.
class WorkerPool {
 public:
  using Task = std::function<void()>;

  WorkerPool(size_t threads, size_t queue);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False if every thread is busy and the queue is full, or after Stop. The task is destroyed then.
  bool TrySubmit(Task task);

  size_t Waiting() const;

  // Destroys the tasks that wait and waits for those that run.
  void Stop();

 private:
  void Run();

  const size_t queue_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  size_t idle_;
  std::vector<std::thread> threads_;
};

}  // namespace entitysync::service
