#pragma once

#include <cstddef>

namespace entitysync::base {

// Asks the processor for `bytes` from `begin` on, which will be wanted soon: a loop over thousands
// of connections otherwise waits for memory at each of them. A hint; any address is fine.
inline void Prefetch(const void* begin, size_t bytes) {
  constexpr size_t kCacheLine = 64;
  for (size_t at = 0; at < bytes; at += kCacheLine) {
    __builtin_prefetch(static_cast<const char*>(begin) + at);
  }
}

}  // namespace entitysync::base
