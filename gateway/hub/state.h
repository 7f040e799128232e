#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "gateway/base/content_hash.h"
#include "gateway/protocol/deflated_form.h"
#include "gateway/protocol/frame.h"

namespace entitysync::hub {

// What an entity looks like for one scope, encoded once for all its watchers. Immutable, but for a
// form that the first who wants it makes; crosses loops by shared pointer.
struct State {
  bool removed = false;  // The entity does not exist: nothing for classic clients.
  base::ContentHash hash;
  std::optional<uint64_t> version;
  protocol::Frame classic;          // May be empty: no rows.
  protocol::DeflatedForm deflated;  // Of `classic`, for those who take compressed messages.
};
using StatePtr = std::shared_ptr<const State>;

}  // namespace entitysync::hub
