#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "gateway/base/entity_key.h"

namespace entitysync::subs {

// The keys that one connection watches, each with a small number (slot) that stays the same while
// it is watched and is used again afterwards.
//
// Owner and lifetime: a session. Threading: none; owned by one worker.
// Limits: the session bounds how many keys there are; slots never exceed the most watched at once.
class SlotTable {
 public:
  // The slot of a watched key.
  std::optional<uint32_t> Find(const base::EntityKey& key) const;

  // Gives a key that is not watched a slot.
  uint32_t Add(base::KeyPtr key);

  // Frees the slot of a watched key.
  void Remove(const base::EntityKey& key);

  // The key in a slot, null if the slot is free. `slot` is below slot_limit().
  const base::KeyPtr& KeyOf(uint32_t slot) const { return keys_[slot]; }

  size_t size() const { return slots_.size(); }
  uint32_t slot_limit() const { return static_cast<uint32_t>(keys_.size()); }

 private:
  absl::flat_hash_map<base::KeyPtr, uint32_t, base::KeyPtrHash, base::KeyPtrEqual> slots_;
  std::vector<base::KeyPtr> keys_;
  std::vector<uint32_t> free_;
};

}  // namespace entitysync::subs
