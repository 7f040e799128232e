#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "gateway/base/content_hash.h"
#include "gateway/protocol/deflated_form.h"
#include "gateway/protocol/frame.h"
#include "gateway/protocol/v1_state.h"

namespace entitysync::hub {

// What a subscription is told. Those of classic clients get rows and kRemoved only.
enum class StateKind : uint8_t {
  kRows,
  kRemoved,           // The entity does not exist: nothing for classic clients.
  kStale,             // The application cannot be asked; what was handed before may be old.
  kPermissionDenied,  // This viewer may not see the entity,
  kUnauthenticated,   // or is nobody that the application knows.
};

inline bool IsDenial(StateKind kind) {
  return kind == StateKind::kPermissionDenied || kind == StateKind::kUnauthenticated;
}

// What an entity looks like for one scope, encoded once for all its watchers. Immutable, but for
// forms that the first who wants them makes; crosses loops by shared pointer. What is not kRows or
// kRemoved has a kind and nothing else.
struct State {
  StateKind kind = StateKind::kRows;
  base::ContentHash hash;
  std::optional<uint64_t> version;
  protocol::Frame classic;          // May be empty: no rows.
  protocol::DeflatedForm deflated;  // Of `classic`, for those who take compressed messages.
  protocol::V1StatePtr v1;          // What v1 clients get; null while none watches.
};
using StatePtr = std::shared_ptr<const State>;

// The same state, without its v1 form.
inline std::shared_ptr<State> ClassicCopyOf(const State& state) {
  auto copy = std::make_shared<State>();
  copy->kind = state.kind;
  copy->hash = state.hash;
  copy->version = state.version;
  copy->classic = state.classic;
  copy->deflated.ShareWith(state.deflated);
  return copy;
}

}  // namespace entitysync::hub
