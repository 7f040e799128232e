#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/content_hash.h"

namespace entitysync::protocol {

// Which state a v1 client has: to it an opaque text, the same on every replica.
//
// Purpose: the hash says whether two states are the same; the number, if the application gives one,
//   only orders them. Written as "<number or nothing>.<hash as 32 lower-case hex digits>".
struct StateVersion {
  std::optional<uint64_t> number;
  base::ContentHash hash;

  friend bool operator==(const StateVersion&, const StateVersion&) = default;
};

std::string WriteVersion(const StateVersion& version);

// Nothing if that is no text that WriteVersion makes.
std::optional<StateVersion> ReadVersion(std::string_view text);

}  // namespace entitysync::protocol
