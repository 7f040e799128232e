#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <vector>

#include "gateway/base/log.h"
#include "gateway/base/time.h"
#include "gateway/fetch/entity_source.h"
#include "gateway/fetch/message_handler.h"
#include "gateway/fetch_grpc/caller.h"
#include "gateway/fetch_grpc/channels.h"
#include "gateway/fetch_grpc/options.h"

namespace entitysync::fetch_grpc {

// One application behind its EntityService.
//
// Purpose: asks for states and hands over pass-through messages, over gRPC.
// Owner and lifetime: owned by the composition root, outlives the hub and the sessions. Stop it
//   first; the destructor stops too. Never destroy it in a callback.
// Threading: Fetch, FetchBatch and Handle from any thread. The callbacks run on gRPC's threads and
// must only
//   post. FetchCalls may be destroyed anywhere, also inside their own callback and after Stop.
// Limits: each call ends within its timeout. An answer over max_receive_bytes, max_rows or
//   max_state_bytes is RESOURCE_EXHAUSTED. How many calls run at once is the caller's affair; one
//   that batches should count items, since they may have to be asked one by one.
// Errors: an application that cannot be reached answers UNAVAILABLE at once (no waiting for a
//   connection); the channels reconnect for ever, within 2 s of its return. Status codes of the
//   application are passed through, UNIMPLEMENTED included. A secret never stands in a message.
class GrpcTarget : public fetch::EntitySource, public fetch::MessageHandler {
 public:
  // INVALID_ARGUMENT, with what to change, if the options can never work. Does not wait for a
  // connection.
  static absl::StatusOr<std::unique_ptr<GrpcTarget>> Create(GrpcTargetOptions options,
                                                            base::Logger log);
  ~GrpcTarget() override;

  std::unique_ptr<fetch::FetchCall> Fetch(fetch::FetchRequest request,
                                          fetch::FetchDone done) override;
  // In calls of up to kMaxBatchItems items; a single item as Fetch does. If the application does
  // not take batches, or one's answer is too large, the items are asked one by one, at once.
  std::vector<std::unique_ptr<fetch::FetchCall>> FetchBatch(
      std::vector<fetch::FetchItem> items) override;
  std::unique_ptr<fetch::FetchCall> Handle(fetch::ClientMessage message,
                                           fetch::MessageDone done) override;

  // Cancels all calls, present and future (they end with CANCELLED), and waits for those that run.
  // False if one is still running after `bound`, which means that its callback blocks.
  bool Stop(base::Duration bound);

 private:
  GrpcTarget(GrpcTargetOptions options, std::unique_ptr<Channels> channels, base::Logger log);

  const std::shared_ptr<Caller> caller_;
};

}  // namespace entitysync::fetch_grpc
