#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string_view>

// What every fuzz target defines: called with bytes from outside, it must come back. The name and
// signature are libFuzzer's (llvm.org/docs/LibFuzzer.html).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace entitysync::fuzz {

inline std::string_view AsText(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Ends the process, so that the fuzzer keeps the input, if `condition` does not hold.
inline void Require(bool condition, int line = __builtin_LINE()) {
  if (condition) return;
  std::fprintf(stderr, "the requirement in line %d of the target does not hold\n", line);
  __builtin_trap();
}

}  // namespace entitysync::fuzz
