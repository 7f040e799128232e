#pragma once

#include <absl/status/status.h>
#include <grpcpp/alarm.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "gateway/base/mutex.h"
#include "gateway/base/time.h"
#include "gateway/front/intake.h"
#include "gateway/front/stream_ledger.h"
#include "gateway/front/stream_registry.h"
#include "gateway/metrics/metrics.h"

namespace entitysync::front {

struct StreamOptions {
  size_t window = 10'000;  // Changes held; see StreamLedger::held.
  base::Duration notify_timeout = std::chrono::seconds(2);
  base::Duration max_age = std::chrono::minutes(5);  // 10 % less or not.
};

// One stream of NotifyChanges.
//
// Purpose: reads requests as long as the window has room, publishes them, and tells the producer
//   what became of them. The publisher may gather them; one response is under way at a time, so
//   that what settles meanwhile shares the next.
// Owner and lifetime: kept by gRPC until OnDone and by the publisher's callbacks until those are
//   gone, in any order. What it refers to but the metrics is touched before OnDone only.
// Threading: any thread. State is under a mutex that is never held during a call of gRPC or the
//   publisher; whoever finds nobody in Advance starts all that there is to start.
// Limits: StreamOptions; beyond the window nothing is read, and HTTP/2 holds the producer.
// Errors: as in gateway.proto.
class NotifyStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                           public std::enable_shared_from_this<NotifyStream> {
 public:
  static std::shared_ptr<NotifyStream> Create(const StreamOptions& options, const Intake& intake,
                                              StreamRegistry& registry,
                                              metrics::FrontMetrics& metrics);

  // Begins to read. Once.
  void Begin();

  // Reads no more; settles what was read, tells it and ends with `status`. The first one counts.
  void End(const absl::Status& status);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  enum class Step { kNone, kRead, kWrite, kFinish };

  NotifyStream(const StreamOptions& options, const Intake& intake, StreamRegistry& registry,
               metrics::FrontMetrics& metrics);

  // Takes the request that was read.
  void Take();
  // The ticket of a request that is to be published; nothing if it cannot be, or the stream ends.
  std::optional<StreamLedger::Ticket> Add(uint64_t sequence, const absl::Status& status,
                                          size_t changes);
  void OnPublished(StreamLedger::Ticket ticket, const absl::Status& status);
  void Settle(StreamLedger::Ticket ticket, const absl::Status& status) ENTITYSYNC_REQUIRES(mutex_);

  // Starts whatever can be started.
  void Advance();
  Step NextStep(bool is_first);
  Step Decide() ENTITYSYNC_REQUIRES(mutex_);
  grpc::Status LastWord();
  void SetEnd(const absl::Status& status) ENTITYSYNC_REQUIRES(mutex_);

  const StreamOptions options_;
  const Intake& intake_;
  StreamRegistry& registry_;
  metrics::FrontMetrics& metrics_;
  std::shared_ptr<NotifyStream> self_;  // gRPC's hold, until OnDone.
  grpc::Alarm age_;

  // Of the one read and the one write under way; empty between.
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;

  base::Mutex mutex_;
  StreamLedger ledger_ ENTITYSYNC_GUARDED_BY(mutex_);
  bool is_reading_ ENTITYSYNC_GUARDED_BY(mutex_) = false;
  bool is_writing_ ENTITYSYNC_GUARDED_BY(mutex_) = false;
  bool is_advancing_ ENTITYSYNC_GUARDED_BY(mutex_) = false;
  bool is_broken_ ENTITYSYNC_GUARDED_BY(mutex_) = false;  // Nobody is there to be told anything.
  bool is_finished_ ENTITYSYNC_GUARDED_BY(mutex_) = false;
  std::optional<grpc::Status> end_ ENTITYSYNC_GUARDED_BY(mutex_);
};

// A stream that is refused.
class RefusedStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit RefusedStream(const absl::Status& status);
  void OnDone() override { delete this; }
};

}  // namespace entitysync::front
