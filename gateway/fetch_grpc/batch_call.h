#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "entitysync/v1/entity.pb.h"
#include "gateway/fetch/entity_source.h"
#include "gateway/fetch_grpc/caller.h"
#include "gateway/fetch_grpc/calls.h"

namespace entitysync::fetch_grpc {

// One question of a batch: whoever is first, its answer or its cancellation, ends it. The answer
// comes with the batch or, if that could not be had, from a call of the item's own.
//
// Owner and lifetime: shared by the batch, the caller's handle and the item's own call.
// Threading: any thread; the lock is short, and callbacks run and die outside it.
// Limits: none. Errors: in the answer.
class BatchItem {
 public:
  explicit BatchItem(fetch::FetchDone done) : done_(std::move(done)) {}

  void Complete(fetch::FetchAnswer answer);

  // False if it was over already. Ends the item's own call, if there is one.
  bool Cancel();

  bool IsOver() const;

  // `call` is what gets the answer now; it ends at once if the item is over.
  void AskedSingly(std::unique_ptr<fetch::FetchCall> call);

 private:
  mutable std::mutex mutex_;
  bool over_ = false;
  fetch::FetchDone done_;
  std::unique_ptr<fetch::FetchCall> own_call_;
};

// A call of FetchEntities.
//
// Purpose: brings several answers at once. Where the application takes no batches, or the answer is
//   too large to be received, it asks the items one by one instead, at once.
// Owner and lifetime: as RunningCall. It ends when its last item is cancelled.
// Threading: as RunningCall.
// Limits: kMaxBatchItems and kMaxBatchRequestBytes, held by who starts it. One deadline for all
//   items; those asked one by one have a new one each.
// Errors: in the items' answers.
class BatchCall final : public RunningCall, public std::enable_shared_from_this<BatchCall> {
 public:
  // Appends one handle for each item to `handles`.
  static void Start(std::shared_ptr<Caller> caller, std::span<fetch::FetchItem> items,
                    std::vector<std::unique_ptr<fetch::FetchCall>>& handles);

  explicit BatchCall(std::shared_ptr<Caller> caller);

 private:
  class Handle;

  void OnDone(const grpc::Status& status);
  void AskSingly();
  void OneCancelled();

  const std::shared_ptr<Caller> caller_;
  v1::FetchEntitiesRequest request_;
  v1::FetchEntitiesResponse response_;
  std::vector<std::shared_ptr<BatchItem>> items_;
  std::atomic<size_t> cancelled_ = 0;
};

}  // namespace entitysync::fetch_grpc
