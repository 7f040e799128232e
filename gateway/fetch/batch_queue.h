#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "gateway/base/executor.h"
#include "gateway/fetch/entity_source.h"
#include "gateway/metrics/metrics.h"

namespace entitysync::fetch {

// Gathers the fetches that begin in one turn of a loop and may travel together, and puts them to
// their source in few calls at the turn's end.
//
// Purpose: revalidating thousands of pairs after a gap costs the application hundreds of calls
//   less. Fetches that somebody waits for do not come here: an answer of a batch may have to wait
//   for the slowest of the others, at most until the source's own deadline.
// Owner and lifetime: a shard, one per target; outlives the executor's turn and its calls.
// Threading: the shard's loop; answers come as EntitySource says.
// Limits: `max_items` in one call; one item alone goes as a plain fetch.
// Errors: none; a call that is destroyed before the turn's end never leaves.
class BatchQueue {
 public:
  BatchQueue(base::Executor& executor, size_t max_items, metrics::HubMetrics& metrics)
      : executor_(executor), max_items_(max_items), metrics_(metrics) {}

  // As EntitySource::Fetch, a little later.
  std::unique_ptr<FetchCall> Add(EntitySource& source, FetchRequest request, FetchDone done);

 private:
  struct Item;
  class Handle;
  using Items = std::vector<std::shared_ptr<Item>>;

  void Flush();
  // Puts items[begin, end), all of one source, in one call.
  void Send(const Items& items, size_t begin, size_t end);

  base::Executor& executor_;
  const size_t max_items_;
  metrics::HubMetrics& metrics_;
  Items waiting_;  // In the order in which they came.
};

}  // namespace entitysync::fetch
