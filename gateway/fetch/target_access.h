#pragma once

#include "gateway/fetch/batch_queue.h"
#include "gateway/fetch/fetch_gate.h"

namespace entitysync::fetch {

// One shard's way to one target: whose turn it is, and what travels together. Owned by the shard;
// outlives the coalescers that use it.
struct TargetAccess {
  FetchGate gate;
  BatchQueue batches;
};

}  // namespace entitysync::fetch
