#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "gateway/base/content_hash.h"
#include "gateway/base/entity_key.h"
#include "gateway/protocol/frame.h"

namespace entitysync::hub {

// What an entity looks like for one scope, encoded once for all its watchers. Immutable; crosses
// loops by shared pointer.
struct State {
  base::KeyPtr key;
  bool removed = false;  // The entity does not exist: nothing for classic clients.
  base::ContentHash hash;
  std::optional<uint64_t> version;
  protocol::Frame classic;  // May be empty: no rows.
};
using StatePtr = std::shared_ptr<const State>;

}  // namespace entitysync::hub
