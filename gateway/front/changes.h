#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "gateway/changelog/change_publisher.h"
#include "gateway/front/decode.h"

namespace entitysync::front {

// Whether a target is configured for an entity type. Called from any thread, concurrently; must not
// block.
using ServesEntity = std::function<bool(std::string_view entity)>;

// Checks a request as a whole and takes its changes out of it. A key that stands more than once
// becomes at most two: one with the highest version, one without (it must cause a fetch whatever
// version was seen).
//
// INVALID_ARGUMENT: bad keys, of which the message names the first base::limits::kMaxFaultsNamed.
// NOT_FOUND: an entity type that `serves` does not know, named. Messages are printable ASCII of at
// most base::limits::kMaxStatusMessageBytes.
absl::StatusOr<std::vector<changelog::Change>> TakeChanges(std::span<const ChangeView> request,
                                                           const ServesEntity& serves);

}  // namespace entitysync::front
