#pragma once

#include "gateway/fetch/batch_queue.h"
#include "gateway/fetch/fetch_gate.h"
#include "gateway/fetch/recovery.h"

namespace entitysync::fetch {

// One shard's way to one target: whose turn it is, what travels together, and who waits for it to
// come back. Owned by the shard; outlives the coalescers that use it.
struct TargetAccess {
  FetchGate gate;
  // Apart, so that nobody who waits for a fetch waits for revalidations.
  BatchQueue urgent;
  BatchQueue revalidations;
  Recovery recovery = {};

  BatchQueue& queue(FetchGate::Priority priority) {
    return priority == FetchGate::Priority::kUrgent ? urgent : revalidations;
  }
};

}  // namespace entitysync::fetch
