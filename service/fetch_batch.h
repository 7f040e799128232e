#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "entitysync/v1/entity.pb.h"
#include "service/fetch_functions.h"
#include "service/pending_call.h"
#include "service/worker_pool.h"

namespace entitysync::service {

FetchContext ToContext(const v1::FetchEntityRequest& request,
                       std::shared_ptr<const std::atomic<bool>> cancelled);

// A call of FetchEntities.
//
// Purpose: divides it into runs for the pool (one for each item, or one for all items of a type
//   with a function for many), and answers it when the last is done.
// Owner and lifetime: shared by its runs. Functions, record and pool outlive it.
// Threading: Start on gRPC's thread; the runs on the pool's, each with results of its own.
// Limits: a run that finds no room fails its items with UNAVAILABLE, and no others.
// Errors: in the items' results.
class FetchBatch : public std::enable_shared_from_this<FetchBatch> {
 public:
  using Call = PendingCall<v1::FetchEntitiesResponse>;

  FetchBatch(std::shared_ptr<Call> call, FetchFunctions& functions, CallRecord& record)
      : call_(std::move(call)), functions_(functions), record_(record) {}

  void Start(const v1::FetchEntitiesRequest& request, WorkerPool& pool);

 private:
  using Items = std::vector<int>;  // Indices into the request.

  void SubmitSingles(Items items, WorkerPool& pool);
  void SubmitMany(Items items, WorkerPool& pool);
  bool IsCancelled() const;
  void RunSingle(int item);
  void RunMany(const Items& items);
  void Put(int item, FetchResult result);
  void RunDone();

  const std::shared_ptr<Call> call_;
  FetchFunctions& functions_;
  CallRecord& record_;
  std::vector<FetchContext> questions_;
  v1::FetchEntitiesResponse response_;  // Complete in size before the first run begins.
  std::atomic<size_t> runs_ = 1;        // Start counts as one.
};

}  // namespace entitysync::service
