#include "bench/lib/key_table.h"

#include <absl/strings/str_cat.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <limits>

#include "bench/lib/clock.h"

namespace entitysync::bench {

struct KeyTable::Entry {
  std::atomic<uint64_t> seq;
  std::atomic<int64_t> at_ns[2];  // Of even and odd numbers, so that the last one stays readable.
  std::atomic<int64_t> watchers;
};

// All zeros is the valid first state, so that nobody has to initialise it.
struct KeyTable::Header {
  struct alignas(64) Counter {
    std::atomic<uint64_t> value;
  };
  Counter covered[kMaxProcesses];
  alignas(64) std::atomic<uint64_t> wake_at;  // 0: nobody waits.
  std::atomic<uint32_t> wakes;                // The futex.
  alignas(64) std::atomic<int64_t> watchers;
};

namespace {

constexpr size_t kHeaderBytes = 4096;

absl::Status Failure(const std::string& path, absl::string_view what) {
  return absl::UnavailableError(absl::StrCat("the table ", path, " cannot be ", what, ": ",
                                             strerror(errno), "; name a file that can be written"));
}

absl::StatusOr<void*> Map(const std::string& path, size_t bytes) {
  const int flags = path.empty() ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
  int file = -1;
  if (!path.empty()) {
    file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return Failure(path, "opened");
    struct stat is = {};
    const bool sized = fstat(file, &is) == 0 &&
                       (is.st_size == static_cast<off_t>(bytes) ||
                        (is.st_size == 0 && ftruncate(file, static_cast<off_t>(bytes)) == 0));
    if (!sized) {
      close(file);
      return absl::FailedPreconditionError(
          absl::StrCat(path, " is not a table of this program: name a new file"));
    }
  }
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, file, 0);
  if (file >= 0) close(file);
  if (memory == MAP_FAILED) return Failure(path, "mapped");
  return memory;
}

constexpr size_t BytesOf(size_t entry) { return kHeaderBytes + entry * KeyTable::kMaxKeys; }

}  // namespace

absl::StatusOr<std::unique_ptr<KeyTable>> KeyTable::Open(const std::string& path) {
  static_assert(sizeof(Header) <= kHeaderBytes && sizeof(Entry) == 32);
  absl::StatusOr<void*> memory = Map(path, BytesOf(sizeof(Entry)));
  if (!memory.ok()) return memory.status();
  return std::unique_ptr<KeyTable>(new KeyTable(*memory));
}

KeyTable::KeyTable(void* memory)
    : header_(*static_cast<Header*>(memory)),
      entries_(reinterpret_cast<Entry*>(static_cast<char*>(memory) + kHeaderBytes)) {}

KeyTable::~KeyTable() { munmap(&header_, BytesOf(sizeof(Entry))); }

uint64_t KeyTable::Change(uint32_t key, int64_t at_ns) {
  Entry& entry = entries_[key];
  const uint64_t seq = entry.seq.load(std::memory_order_relaxed) + 1;
  entry.at_ns[seq & 1].store(at_ns, std::memory_order_relaxed);
  entry.seq.store(seq, std::memory_order_release);
  return seq;
}

KeyTable::State KeyTable::Read(uint32_t key) const {
  const Entry& entry = entries_[key];
  State state;
  do {
    state.seq = entry.seq.load(std::memory_order_acquire);
    state.at_ns = entry.at_ns[state.seq & 1].load(std::memory_order_acquire);
  } while (entry.seq.load(std::memory_order_relaxed) != state.seq);
  return state;
}

uint64_t KeyTable::Seq(uint32_t key) const {
  return entries_[key].seq.load(std::memory_order_acquire);
}

void KeyTable::AddWatchers(uint32_t key, int32_t count) {
  entries_[key].watchers.fetch_add(count, std::memory_order_relaxed);
  header_.watchers.fetch_add(count, std::memory_order_relaxed);
}

uint32_t KeyTable::Watchers(uint32_t key) const {
  return static_cast<uint32_t>(entries_[key].watchers.load(std::memory_order_relaxed));
}

uint64_t KeyTable::AllWatchers() const {
  return static_cast<uint64_t>(header_.watchers.load(std::memory_order_relaxed));
}

void KeyTable::AddCovered(uint32_t process, uint64_t count) {
  header_.covered[process].value.fetch_add(count);
  const uint64_t wake_at = header_.wake_at.load();
  if (wake_at == 0 || Covered() < wake_at) return;
  header_.wakes.fetch_add(1);
  syscall(SYS_futex, &header_.wakes, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

uint64_t KeyTable::Covered() const {
  uint64_t sum = 0;
  for (const Header::Counter& counter : header_.covered) sum += counter.value.load();
  return sum;
}

bool KeyTable::WaitCovered(uint64_t wanted, int64_t deadline_ns) {
  while (Covered() < wanted) {
    const uint32_t seen = header_.wakes.load();
    header_.wake_at.store(wanted);
    if (Covered() >= wanted) break;
    const int64_t left = deadline_ns - MonotonicNs();
    if (left <= 0) break;
    const timespec timeout{left / 1'000'000'000, left % 1'000'000'000};
    syscall(SYS_futex, &header_.wakes, FUTEX_WAIT, seen, &timeout, nullptr, 0);
  }
  header_.wake_at.store(0);
  return Covered() >= wanted;
}

}  // namespace entitysync::bench
