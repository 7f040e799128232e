#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <span>

#include "gateway/base/log.h"
#include "gateway/base/time.h"
#include "gateway/fetch/entity_source.h"
#include "gateway/fetch/message_handler.h"
#include "gateway/fetch_grpc/answers.h"
#include "gateway/fetch_grpc/batch_limit.h"
#include "gateway/fetch_grpc/calls.h"
#include "gateway/fetch_grpc/channels.h"
#include "gateway/fetch_grpc/options.h"

namespace entitysync::fetch_grpc {

// One application behind its EntityService.
//
// Purpose: asks for states and hands over pass-through messages, over gRPC.
// Owner and lifetime: owned by the composition root, outlives the hub and the sessions. Stop it
//   first; the destructor stops too. Never destroy it in a callback.
// Threading: Fetch, MaxItems and Handle from any thread. The callbacks run on gRPC's threads and
//   must only post. FetchCalls may be destroyed anywhere, also inside their own callback and after
//   Stop.
// Limits: each call ends within its timeout. An answer over max_receive_bytes, max_rows or
//   max_state_bytes is RESOURCE_EXHAUSTED. How many calls run at once is the caller's affair; one
//   that batches should count questions, since they may have to be asked one by one.
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

  // One question is a FetchEntity, several are a FetchEntities; they are left unanswered if the
  // application does not implement that, or its answer is larger than what is received. Both are
  // remembered for batch_pause.
  std::unique_ptr<fetch::FetchCall> Fetch(std::span<const fetch::FetchRequest> requests,
                                          fetch::FetchDone done) override;
  size_t MaxItems() const override { return batch_limit_->items(); }

  std::unique_ptr<fetch::FetchCall> Handle(fetch::ClientMessage message,
                                           fetch::MessageDone done) override;

  // Cancels all calls, present and future (they end with CANCELLED), and waits for those that run.
  // False if one is still running after `bound`, which means that its callback blocks.
  bool Stop(base::Duration bound);

 private:
  GrpcTarget(GrpcTargetOptions options, std::unique_ptr<Channels> channels, base::Logger log);

  std::unique_ptr<fetch::FetchCall> FetchOne(const fetch::FetchRequest& request,
                                             fetch::FetchDone done);
  std::unique_ptr<fetch::FetchCall> FetchMany(std::span<const fetch::FetchRequest> requests,
                                              fetch::FetchDone done);
  // To be called once for each call, before it starts.
  void Prepare(const std::shared_ptr<RunningCall>& call, base::Duration timeout);

  const GrpcTargetOptions options_;
  const base::Logger log_;
  const std::shared_ptr<const AnswerRules> rules_;
  const std::shared_ptr<BatchLimit> batch_limit_;
  const std::shared_ptr<CallRegistry> registry_ = std::make_shared<CallRegistry>();
  const std::unique_ptr<Channels> channels_;
};

}  // namespace entitysync::fetch_grpc
