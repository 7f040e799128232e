#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/protocol/v1.h"
#include "gateway/protocol/v1_version.h"
#include "gateway/session/transport.h"
#include "gateway/session/watches.h"
#include "gateway/session/worker_context.h"

namespace entitysync::session {

// How a key is watched.
struct V1WatchOptions {
  std::optional<protocol::StateVersion> known;  // What the client has.
  bool patches = false;
  double max_rate = 0;  // States per second; 0: no limit.
};

// What a v1 connection still has to be told about the keys it watches: the newest state of each,
// whether it is stale, whether it was withdrawn.
//
// Purpose: chooses at the last moment what says it best (a patch from what was sent last, the whole
//   state, or that nothing changed) and holds states back that would come faster than their
//   subscription wants.
// Owner and lifetime: a V1Session, beside the Watches that it sends from.
// Threading: the worker's loop.
// Limits: beside the Watches 56 bytes per slot, and 16 per state that is held back.
// Errors: none.
class V1Outbox {
 public:
  // `secret`: the session's present one.
  V1Outbox(WorkerContext& context, const fetch::Secret& secret, Watches& watches,
           protocol::V1Form form, protocol::Deflater* deflater)
      : context_(context), secret_(secret), watches_(watches), form_(form), deflater_(deflater) {}

  // A slot that was just added to the watches.
  void Begin(uint32_t slot, const V1WatchOptions& options);

  // Other options for a slot in use; what is unset stays.
  void SetMaxRate(uint32_t slot, double max_rate);
  void SetPatches(uint32_t slot, bool patches) { At(slot).patches = patches; }
  double max_rate(uint32_t slot) const { return slots_[slot].max_rate; }

  // A state or notice for a slot in use.
  void Queue(uint32_t slot, const WorkerStatePtr& state);

  // The right to watch is gone: to be told, then the subscription ends. Nothing else is told of the
  // slot any more, unless another credential comes before that.
  bool IsWithdrawn(uint32_t slot) const { return slots_[slot].withdrawn.has_value(); }

  // Takes back what waits for a slot in use, a withdrawal too. True if something did.
  bool Purge(uint32_t slot);

  // Sends what is first in line to the transport. False: it does not fit into `room`, or there is
  // nothing.
  bool SendNext(Transport& transport, size_t room);

  // When the first of the states that are held back may go; then Release puts them into the line.
  std::optional<base::TimePoint> NextRelease() const;
  void Release(base::TimePoint now);

 private:
  struct Slot {
    std::optional<uint64_t> sent_number;      // Beside Watch::sent_hash.
    std::optional<hub::StateKind> withdrawn;  // The denial.
    base::TimePoint last_sent{};              // A state; never: 0.
    base::TimePoint release_at{};             // Its place among those held back is looked at then.
    double max_rate = 0;
    bool patches = false;
    bool is_base = false;       // What was sent last is what the client has.
    bool must_confirm = false;  // The same state again is told as Unchanged.
    bool is_stale = false;      // To be told.
    bool stale_again = false;   // And again after what is held back.
  };
  struct Held {
    base::TimePoint until;
    uint32_t slot;
    bool operator>(const Held& other) const { return until > other.until; }
  };
  enum class Told : uint8_t { kNothing, kUnchanged, kState, kPatch };
  struct Message {
    Told told;
    protocol::LocalFramePtr frame;  // Null if kNothing.
  };

  Slot& At(uint32_t slot) { return slots_[slot]; }
  protocol::StateVersion SentVersion(uint32_t slot) const;
  bool Holds(uint32_t slot) const;
  // When the next state of the slot may go.
  base::TimePoint NextAllowed(uint32_t slot) const;
  void TellStaleOfHeld(uint32_t slot, Transport& transport);
  void HoldBackFirst();
  void ForgetSuperseded();
  Message MessageFor(uint32_t slot, const WorkerState& state) const;
  // Sends the state that is first in line, if there is anything to be said of it.
  bool SendState(uint32_t slot, Transport& transport, size_t room);
  void OnSent(uint32_t slot, Told told, const hub::State& state);
  void SendStale(uint32_t slot, Transport& transport);
  void SendWithdrawn(uint32_t slot, Transport& transport);
  protocol::LocalFramePtr Encode(const client::v1::ServerEvent& event) const;

  WorkerContext& context_;
  const fetch::Secret& secret_;
  Watches& watches_;
  const protocol::V1Form form_;
  protocol::Deflater* const deflater_;
  std::vector<Slot> slots_;  // As in the watches.
  std::vector<Held> held_;   // A heap, the first to go in front.
};

}  // namespace entitysync::session
