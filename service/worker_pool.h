#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace entitysync::service {

// Runs functions that may block.
//
// Purpose: keeps the application's functions off gRPC's threads.
// Owner and lifetime: the service; the destructor calls Stop.
// Threading: TrySubmit, Waiting and Stop from any thread; Stop never from a task.
// Limits: `threads` runs go on and `queue` wait; more are refused.
// Errors: none. Tasks must not throw.
class WorkerPool {
 public:
  // Called with the number of the run: 0, 1, ….
  using Task = std::function<void(size_t)>;

  WorkerPool(size_t threads, size_t queue);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Runs `task` so many times, in order, several at once if threads are free. Returns how many of
  // the runs were taken: fewer if every thread is busy and the queue is full, none after Stop.
  size_t TrySubmit(Task task, size_t runs = 1);

  size_t Waiting() const;  // Runs.

  // Destroys the tasks that wait and waits for those that run.
  void Stop();

 private:
  struct Job {
    std::shared_ptr<const Task> task;
    size_t next;
    size_t end;
  };

  void Work();

  const size_t queue_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> jobs_;
  size_t waiting_ = 0;  // Runs of them.
  bool stopping_ = false;
  size_t idle_;
  std::vector<std::thread> threads_;
};

}  // namespace entitysync::service
