#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>

#include "gateway/base/entity_key.h"

namespace entitysync::session {

// The keys that the sessions of one worker watch, each held once however many watch it.
//
// Purpose: thousands of connections that watch one key share its bytes, and tell keys apart by
//   their addresses.
// Owner and lifetime: the SessionTable; outlives its sessions.
// Threading: the worker's loop. The keys may be read anywhere.
// Limits: one entry per watched key. Errors: none.
class SharedKeys {
 public:
  // The key, held once more. Give it back with Release.
  base::KeyPtr Acquire(base::EntityKey key);

  // Held once less.
  void Release(const base::KeyPtr& key);

  // The key if anybody holds it, else null.
  const base::EntityKey* Find(const base::EntityKey& key) const;

  size_t size() const { return holders_.size(); }

 private:
  absl::flat_hash_map<base::KeyPtr, uint32_t, base::KeyPtrHash, base::KeyPtrEqual> holders_;
};

}  // namespace entitysync::session
