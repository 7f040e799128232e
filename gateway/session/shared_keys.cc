#include "gateway/session/shared_keys.h"

#include <cassert>
#include <memory>
#include <utility>

namespace entitysync::session {

base::KeyPtr SharedKeys::Acquire(base::EntityKey key) {
  auto it = holders_.find(key);
  if (it == holders_.end()) {
    it = holders_.emplace(std::make_shared<const base::EntityKey>(std::move(key)), 0).first;
  }
  ++it->second;
  return it->first;
}

void SharedKeys::Release(const base::KeyPtr& key) {
  const auto it = holders_.find(key);
  assert(it != holders_.end());
  if (--it->second == 0) holders_.erase(it);
}

const base::EntityKey* SharedKeys::Find(const base::EntityKey& key) const {
  const auto it = holders_.find(key);
  return it == holders_.end() ? nullptr : it->first.get();
}

}  // namespace entitysync::session
