#include "gateway/subs/slot_table.h"

#include <cassert>
#include <utility>

namespace entitysync::subs {

std::optional<uint32_t> SlotTable::Find(const base::EntityKey& key) const {
  const auto it = slots_.find(key);
  return it == slots_.end() ? std::nullopt : std::optional<uint32_t>(it->second);
}

uint32_t SlotTable::Add(base::KeyPtr key) {
  uint32_t slot = slot_limit();
  if (free_.empty()) {
    keys_.push_back(key);
  } else {
    slot = free_.back();
    free_.pop_back();
    keys_[slot] = key;
  }
  const bool added = slots_.emplace(std::move(key), slot).second;
  assert(added);
  static_cast<void>(added);
  return slot;
}

void SlotTable::Remove(const base::EntityKey& key) {
  const auto it = slots_.find(key);
  assert(it != slots_.end());
  const uint32_t slot = it->second;
  slots_.erase(it);
  keys_[slot].reset();  // May destroy `key` itself, so it comes last.
  free_.push_back(slot);
}

}  // namespace entitysync::subs
