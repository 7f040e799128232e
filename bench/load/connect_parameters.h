#pragma once

#include <absl/status/statusor.h>

#include <cstdint>

#include "bench/lib/parameters.h"
#include "bench/load/watch_group.h"

namespace entitysync::bench {

// What a group has from the program that it is part of.
struct GroupSurroundings {
  uint32_t process;
  uint32_t threads;
  const TlsContext& tls;
};

// The parameters of "connect"; those that limit the pace are divided among the threads.
absl::StatusOr<WatchGroup> ReadGroup(Parameters& parameters, const GroupSurroundings& program);

}  // namespace entitysync::bench
