#include "tests/testing/eventually.h"

#include <thread>

namespace entitysync::testing {

bool Eventually(const std::function<bool()>& condition, std::chrono::nanoseconds bound) {
  const auto end = std::chrono::steady_clock::now() + bound;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace entitysync::testing
