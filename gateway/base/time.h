#pragma once

#include <chrono>

namespace entitysync::base {

// Spans and moments of the gateway's own time: monotonic, in nanoseconds, meaningless outside one
// process. In the simulation the same types carry simulated time.
using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

}  // namespace entitysync::base
