#pragma once

#include "gateway/fetch/batch_queue.h"
#include "gateway/fetch/fetch_gate.h"
#include "gateway/fetch/recovery.h"

namespace entitysync::fetch {

// One shard's way to one target: whose turn it is, what travels together, and who waits for it to
// come back. Owned by the shard; outlives the coalescers that use it.
struct TargetAccess {
  FetchGate gate;
  BatchQueue batches;
  Recovery recovery = {};
};

}  // namespace entitysync::fetch
