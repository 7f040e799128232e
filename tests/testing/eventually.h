#pragma once

#include <chrono>
#include <functional>

namespace entitysync::testing {

// How long tests wait for what should come soon: ample, since a slow machine is no defect.
inline constexpr std::chrono::seconds kPatience{30};

// Asks `condition` again and again until it holds or `bound` has passed; says whether it did. For
// what cannot be waited for in any other way (another process, a counter).
bool Eventually(const std::function<bool()>& condition, std::chrono::nanoseconds bound = kPatience);

}  // namespace entitysync::testing
