#pragma once

#include <absl/hash/hash.h>
#include <absl/status/status.h>

#include <cstdint>
#include <memory>
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

// A key shared by all who hold it: subscriptions, states, posts between loops. Never null.
using KeyPtr = std::shared_ptr<const EntityKey>;

// Let hash containers of KeyPtr go by the key's value and be asked with a plain EntityKey. By a
// hash that differs per process: clients choose the ids, and shall not be able to choose
// collisions.
struct KeyPtrHash {
  using is_transparent = void;
  size_t operator()(const EntityKey& key) const { return absl::Hash<EntityKey>()(key); }
  size_t operator()(const KeyPtr& key) const { return absl::Hash<EntityKey>()(*key); }
};
struct KeyPtrEqual {
  using is_transparent = void;
  static const EntityKey& Value(const EntityKey& key) { return key; }
  static const EntityKey& Value(const KeyPtr& key) { return *key; }
  template <typename A, typename B>
  bool operator()(const A& a, const B& b) const {
    return Value(a) == Value(b);
  }
};

// OK if both parts are within limits::kMaxEntityBytes and kMaxIdBytes, not empty, free of NUL and
// valid UTF-8; else INVALID_ARGUMENT with a message that says what is wrong with which part.
absl::Status ValidateEntityKey(std::string_view entity, std::string_view id);

// Whether `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool IsValidUtf8(std::string_view text);

}  // namespace entitysync::base
