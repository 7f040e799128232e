#pragma once

#include <absl/functional/any_invocable.h>
#include <absl/status/status.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/content_hash.h"
#include "gateway/base/entity_key.h"

namespace entitysync::fetch {

// What a client presented to be recognised, shared by all who use it. Opaque; never logged; never
// null (nobody in particular is the empty string).
using Secret = std::shared_ptr<const std::string>;

// Why a fetch is made; the same as entitysync.v1.FetchReason.
enum class FetchReason : uint8_t { kChange, kSnapshot, kRevalidate };

struct FetchRequest {
  base::EntityKey key;
  Secret secret;
  FetchReason reason = FetchReason::kChange;
  uint64_t min_version = 0;  // The highest version notified; 0: none.
};

// What the application said. `status` is OK (rows and perhaps a version), or says why not; codes as
// in entity.proto.
struct FetchAnswer {
  absl::Status status;
  base::Rows rows;
  std::optional<uint64_t> version;
};

// Called exactly once per fetch, unless the fetch is cancelled first; on any thread, never inside
// the call that started it.
using FetchDone = absl::AnyInvocable<void(FetchAnswer)>;

// A fetch under way. Destroying it cancels: the application is told where the protocol allows, and
// `done` is destroyed, run at most once more if it was already on its way.
class FetchCall {
 public:
  virtual ~FetchCall() = default;
};

// One question of a batch, and who gets its answer.
struct FetchItem {
  FetchRequest request;
  FetchDone done;
};

// Where states come from: an application.
//
// Purpose: the one question the gateway asks, free of gRPC, singly or many at once.
//   Implementations: fetch_grpc, fakes.
// Owner and lifetime: owned by the composition root; outlives the hub.
// Threading: called from any shard's loop, concurrently.
// Limits: every fetch ends within the source's own deadline. How many run at once is the caller's
//   affair.
// Errors: in the answer's status; answers over the source's size limits arrive as
//   RESOURCE_EXHAUSTED.
class EntitySource {
 public:
  virtual ~EntitySource() = default;

  virtual std::unique_ptr<FetchCall> Fetch(FetchRequest request, FetchDone done) = 0;

  // The same for several questions, which a source may put to the application in one call. Each has
  // an answer and a status of its own, and a call of its own to cancel it: one per item, in order,
  // never null. Answers may come in any order, or all when the slowest is there.
  virtual std::vector<std::unique_ptr<FetchCall>> FetchBatch(std::vector<FetchItem> items) {
    std::vector<std::unique_ptr<FetchCall>> calls;
    calls.reserve(items.size());
    for (FetchItem& item : items) {
      calls.push_back(Fetch(std::move(item.request), std::move(item.done)));
    }
    return calls;
  }
};

}  // namespace entitysync::fetch
