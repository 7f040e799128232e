#pragma once

#include <absl/status/statusor.h>

#include "client-sdk/cpp/json_tree.h"

namespace entitysync::client {

// How much a patch may copy, in nodes and bytes of scalars: a few operations that copy what was
// just copied would else make a document that no memory holds.
inline constexpr size_t kMaxPatchedBytes = size_t{64} << 20;

// Applies a JSON Patch (RFC 6902). The document is not changed: what comes out shares with it
// whatever stayed the same, so that the identity of nodes tells what that is.
//
// INVALID_ARGUMENT if any operation does not apply, and then none counts. RESOURCE_EXHAUSTED if
// the result would be nested deeper than kMaxJsonDepth or copies more than kMaxPatchedBytes.
absl::StatusOr<JsonPtr> ApplyPatch(JsonPtr document, const Json& patch);

}  // namespace entitysync::client
