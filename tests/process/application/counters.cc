#include "tests/process/application/counters.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace entitysync::testing {

bool Counters::Open(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return false;
  struct stat status {};
  void* memory = MAP_FAILED;
  if (fstat(file, &status) == 0) {
    memory = mmap(nullptr, status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  close(file);
  const size_t words = static_cast<size_t>(status.st_size) / sizeof(uint64_t);
  if (memory == MAP_FAILED || words < kHeader) return false;
  static_assert(std::atomic<uint64_t>::is_always_lock_free);
  words_ = static_cast<std::atomic<uint64_t>*>(memory);
  keys_ = (words - kHeader) / 2;
  words_[kInFlight] = 0;  // Those of a process that was killed count no more.
  return true;
}

void Counters::Began(size_t key, size_t reason) {
  words_[kFetches + std::min(reason, kReasons - 1)].fetch_add(1);
  words_[kHeader + 2 * key + 1].fetch_add(1);
  const uint64_t in_flight = words_[kInFlight].fetch_add(1) + 1;
  uint64_t most = words_[kMostInFlight].load();
  while (most < in_flight && !words_[kMostInFlight].compare_exchange_weak(most, in_flight)) {
  }
}

}  // namespace entitysync::testing
