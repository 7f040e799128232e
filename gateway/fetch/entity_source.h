#pragma once

#include <absl/functional/any_invocable.h>
#include <absl/status/status.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gateway/base/content_hash.h"
#include "gateway/base/entity_key.h"

namespace entitysync::fetch {

// What a client presented to be recognised, shared by all who use it. Opaque; never logged; never
// null (nobody in particular is the empty string).
using Secret = std::shared_ptr<const std::string>;

// Why a fetch is made; the same as entitysync.v1.FetchReason.
enum class FetchReason : uint8_t { kChange, kSnapshot, kRevalidate };

// One question. It borrows key and secret, which whoever waits for the answer owns: a source copies
// what it needs before EntitySource::Fetch returns.
struct FetchRequest {
  const base::EntityKey& key;
  const std::string& secret;
  FetchReason reason = FetchReason::kChange;
  uint64_t min_version = 0;  // The highest version notified; 0: none.
};

// What the application said to one question. `status` is OK (rows and perhaps a version), or says
// why not; codes as in entity.proto.
struct FetchAnswer {
  absl::Status status;
  base::Rows rows;
  std::optional<uint64_t> version;
};

// What a call came to: one answer for each question, in their order. None at all: the application
// did not answer them in one call, and is to be asked one by one; never so for a single question.
using FetchAnswers = std::vector<FetchAnswer>;

// Called exactly once per call, unless the call is cancelled first; on any thread, never inside the
// Fetch that started it.
using FetchDone = absl::AnyInvocable<void(FetchAnswers)>;

// A call under way. Destroying it cancels: the application is told where the protocol allows, and
// `done` is destroyed, run at most once more if it was already on its way.
class FetchCall {
 public:
  virtual ~FetchCall() = default;

  // Nobody waits for the answer to question `index` any more, but for others of the call. A source
  // that can end one question alone may do so; what it answers for it is not used.
  virtual void Drop(size_t /*index*/) {}
};

// Where states come from: an application.
//
// Purpose: the one question the gateway asks, free of gRPC, singly or many at once.
//   Implementations: fetch_grpc, fakes.
// Owner and lifetime: owned by the composition root; outlives the hub.
// Threading: called from any shard's loop, concurrently.
// Limits: every call ends within the source's own deadline. How many run at once is the caller's
//   affair.
// Errors: in each answer's status; answers over the source's size limits arrive as
//   RESOURCE_EXHAUSTED.
class EntitySource {
 public:
  virtual ~EntitySource() = default;

  // Puts the questions, at least one, to the application in one call. Each has an answer and a
  // status of its own, but they come together, when the slowest is there.
  virtual std::unique_ptr<FetchCall> Fetch(std::span<const FetchRequest> requests,
                                           FetchDone done) = 0;

  // How many questions the application takes in one call, as far as is known at present. 1: none
  // together with another.
  virtual size_t MaxItems() const { return 1; }
};

}  // namespace entitysync::fetch
