#pragma once

#include <mutex>

// Clang's thread-safety attributes (clang.llvm.org/docs/ThreadSafetyAnalysis.html); nothing under
// other compilers.
#if defined(__clang__)
#define ENTITYSYNC_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define ENTITYSYNC_THREAD_ATTRIBUTE(x)
#endif
#define ENTITYSYNC_CAPABILITY(x) ENTITYSYNC_THREAD_ATTRIBUTE(capability(x))
#define ENTITYSYNC_SCOPED_CAPABILITY ENTITYSYNC_THREAD_ATTRIBUTE(scoped_lockable)
#define ENTITYSYNC_GUARDED_BY(x) ENTITYSYNC_THREAD_ATTRIBUTE(guarded_by(x))
#define ENTITYSYNC_REQUIRES(x) ENTITYSYNC_THREAD_ATTRIBUTE(requires_capability(x))
#define ENTITYSYNC_ACQUIRE(...) ENTITYSYNC_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define ENTITYSYNC_RELEASE(...) ENTITYSYNC_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))

namespace entitysync::base {

// A std::mutex that clang can check and ThreadSanitizer understands (the distribution's absl::Mutex
// was built without it). For the few places where threads share state rather than post to each
// other; none of them is passed once per delivery.
class ENTITYSYNC_CAPABILITY("mutex") Mutex {
 public:
  void Lock() ENTITYSYNC_ACQUIRE() { mutex_.lock(); }
  void Unlock() ENTITYSYNC_RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class ENTITYSYNC_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ENTITYSYNC_ACQUIRE(mutex) : mutex_(mutex) { mutex_.Lock(); }
  ~MutexLock() ENTITYSYNC_RELEASE() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace entitysync::base
