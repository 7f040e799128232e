#pragma once

#include <atomic>
#include <memory>

#include "entitysync/v1/entity.pb.h"
#include "gateway/base/log.h"
#include "gateway/base/time.h"
#include "gateway/fetch/entity_source.h"
#include "gateway/fetch_grpc/answers.h"
#include "gateway/fetch_grpc/calls.h"
#include "gateway/fetch_grpc/channels.h"
#include "gateway/fetch_grpc/options.h"

namespace entitysync::fetch_grpc {

v1::FetchEntityRequest ToProto(fetch::FetchRequest request);

// What the calls to one application have in common.
//
// Purpose: makes a call ready (deadline, key, registry), starts fetches of one entity, and knows
//   whether the application takes batches.
// Owner and lifetime: a GrpcTarget's. A batch holds it too, since it may have to ask its items one
//   by one; the registry counts the batch, so the target still lets go last.
// Threading: any thread.
// Limits: each call has a deadline.
// Errors: in the answers.
class Caller {
 public:
  Caller(GrpcTargetOptions options, std::unique_ptr<Channels> channels, base::Logger log);

  const GrpcTargetOptions& options() const { return options_; }
  const base::Logger& log() const { return log_; }
  const std::shared_ptr<const AnswerRules>& rules() const { return rules_; }
  const std::shared_ptr<CallRegistry>& registry() const { return registry_; }
  Channels::Stub& Pick() { return channels_->Pick(); }

  // To be called once for each call, before it starts.
  void Prepare(const std::shared_ptr<RunningCall>& call, base::Duration timeout);

  std::unique_ptr<fetch::FetchCall> Fetch(v1::FetchEntityRequest request, fetch::FetchDone done);

  // False for options.batch_pause after a batch was answered UNIMPLEMENTED.
  bool TakesBatches() const;
  void BatchWasUnimplemented();

 private:
  const GrpcTargetOptions options_;
  const base::Logger log_;
  const std::shared_ptr<const AnswerRules> rules_;
  const std::shared_ptr<CallRegistry> registry_ = std::make_shared<CallRegistry>();
  const std::unique_ptr<Channels> channels_;
  std::atomic<base::TimePoint> batches_from_ = base::TimePoint::min();
};

}  // namespace entitysync::fetch_grpc
