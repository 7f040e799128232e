// Counts the bytes of heap that a process holds, for tests of what something costs: resident memory
// says less, since the allocator keeps what was given back, and other amounts each time. Preloaded
// (LD_PRELOAD); the count stands in the first eight bytes of the file that ENTITYSYNC_HEAP_METER
// names. support/heap_meter.py reads it.

#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void __libc_free(void* memory);
}

namespace {

std::atomic<int64_t> early{0};  // Until the file is mapped.
std::atomic<std::atomic<int64_t>*> held{&early};

void* Taken(void* memory) {
  if (memory != nullptr) *held.load() += static_cast<int64_t>(malloc_usable_size(memory));
  return memory;
}

void Given(void* memory) {
  if (memory != nullptr) *held.load() -= static_cast<int64_t>(malloc_usable_size(memory));
}

__attribute__((constructor)) void MapTheFile() {
  const char* const path = getenv("ENTITYSYNC_HEAP_METER");
  const int file = path == nullptr ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void* const memory = mmap(nullptr, sizeof(early), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory == MAP_FAILED) return;
  auto* const mapped = static_cast<std::atomic<int64_t>*>(memory);
  mapped->store(early);
  held = mapped;
}

}  // namespace

extern "C" {

void* malloc(size_t size) { return Taken(__libc_malloc(size)); }

void* calloc(size_t count, size_t size) { return Taken(__libc_calloc(count, size)); }

void* realloc(void* memory, size_t size) {
  const size_t before = memory == nullptr ? 0 : malloc_usable_size(memory);
  void* const moved = __libc_realloc(memory, size);
  if (moved == nullptr && size > 0) return nullptr;  // The old memory is still held.
  *held.load() -= static_cast<int64_t>(before);
  return Taken(moved);
}

void* memalign(size_t alignment, size_t size) { return Taken(__libc_memalign(alignment, size)); }

void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void** memory, size_t alignment, size_t size) {
  *memory = memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}

void free(void* memory) {
  Given(memory);
  __libc_free(memory);
}

}  // extern "C"
