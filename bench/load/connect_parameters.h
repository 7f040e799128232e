#pragma once

#include <absl/status/statusor.h>

#include <cstdint>

#include "bench/lib/parameters.h"
#include "bench/load/watch_group.h"

namespace entitysync::bench {

// The parameters of "connect"; those that limit the pace are divided among the threads.
absl::StatusOr<WatchGroup> ReadGroup(Parameters& parameters, uint32_t process, uint32_t threads);

}  // namespace entitysync::bench
