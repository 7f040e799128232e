#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace entitysync::base {

// Names one entity: its type and its id within the type. A value, never a joined string, so that
// dots, wildcards and the like in ids mean nothing.
struct EntityKey {
  std::string entity;
  std::string id;

  friend bool operator==(const EntityKey&, const EntityKey&) = default;
  friend auto operator<=>(const EntityKey&, const EntityKey&) = default;

  template <typename H>
  friend H AbslHashValue(H state, const EntityKey& key) {
    return H::combine(std::move(state), key.entity, key.id);
  }
};

// A hash that is the same in every process and on every machine (XXH3-64), for deciding which shard
// or partition owns a key. absl::Hash differs per process and must not decide anything observable.
uint64_t StableHash(const EntityKey& key);

// OK if both parts are within limits::kMaxEntityBytes and kMaxIdBytes, not empty, free of NUL and
// valid UTF-8; else INVALID_ARGUMENT with a message that says what is wrong with which part.
absl::Status ValidateEntityKey(std::string_view entity, std::string_view id);

// Whether `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool IsValidUtf8(std::string_view text);

}  // namespace entitysync::base
