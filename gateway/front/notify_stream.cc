#include "gateway/front/notify_stream.h"

#include <absl/strings/str_cat.h>
#include <grpc/support/time.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <random>
#include <utility>

#include "gateway/base/random.h"
#include "gateway/front/completion.h"
#include "gateway/front/outcome.h"

namespace entitysync::front {
namespace {

grpc::ByteBuffer Encode(const v1::NotifyChangesResponse& response) {
  grpc::ByteBuffer bytes;
  bool owned = false;
  // Fails only beyond 2 GiB.
  grpc::SerializationTraits<v1::NotifyChangesResponse>::Serialize(response, &bytes, &owned);
  return bytes;
}

}  // namespace

std::shared_ptr<NotifyStream> NotifyStream::Create(const StreamOptions& options,
                                                   const Intake& intake, StreamRegistry& registry,
                                                   metrics::FrontMetrics& metrics) {
  return std::shared_ptr<NotifyStream>(new NotifyStream(options, intake, registry, metrics));
}

NotifyStream::NotifyStream(const StreamOptions& options, const Intake& intake,
                           StreamRegistry& registry, metrics::FrontMetrics& metrics)
    : options_(options), intake_(intake), registry_(registry), metrics_(metrics) {}

void NotifyStream::Begin() {
  self_ = shared_from_this();
  base::Random random(std::random_device{}());
  const base::Duration age = random.Between(options_.max_age * 9 / 10, options_.max_age);
  age_.Set(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(age.count(), GPR_TIMESPAN)),
      [weak = weak_from_this()](bool is_due) {
        const std::shared_ptr<NotifyStream> stream = weak.lock();
        if (!is_due || stream == nullptr) return;
        stream->End(absl::UnavailableError(
            "this stream is old, and another replica may have more room: send what was not "
            "acknowledged again on a new stream"));
      });
  Advance();
}

void NotifyStream::End(const absl::Status& status) {
  {
    const base::MutexLock lock(mutex_);
    SetEnd(status);
  }
  Advance();
}

void NotifyStream::OnReadDone(bool ok) {
  if (ok) {
    Take();
  } else {
    const base::MutexLock lock(mutex_);
    is_reading_ = false;
    SetEnd(absl::OkStatus());
  }
  Advance();
}

void NotifyStream::OnWriteDone(bool ok) {
  {
    const base::MutexLock lock(mutex_);
    is_writing_ = false;
    response_.Clear();
    is_broken_ = is_broken_ || !ok;
    ledger_.Told();
  }
  Advance();
}

void NotifyStream::OnCancel() {
  {
    const base::MutexLock lock(mutex_);
    is_broken_ = true;
  }
  Advance();
}

void NotifyStream::OnDone() {
  age_.Cancel();
  registry_.Leave(*this);
  self_.reset();
}

void NotifyStream::Take() {
  // Nothing of a request is kept until the next, which may never come.
  RequestView view;
  absl::StatusOr<std::vector<changelog::Change>> changes = intake_.Take(request_, view);
  request_.Clear();
  const std::optional<StreamLedger::Ticket> ticket =
      Add(view.sequence(), changes.status(), changes.ok() ? changes->size() : 0);
  if (!ticket) return;
  intake_.publisher().Publish(
      *std::move(changes), {.timeout = options_.notify_timeout, .may_gather = true},
      Completion([stream = shared_from_this(), ticket = *ticket](const absl::Status& status) {
        stream->OnPublished(ticket, status);
      }));
}

std::optional<StreamLedger::Ticket> NotifyStream::Add(uint64_t sequence, const absl::Status& status,
                                                      size_t changes) {
  const base::MutexLock lock(mutex_);
  is_reading_ = false;
  if (end_ || is_broken_) return std::nullopt;
  if (sequence == 0 && !status.ok()) {
    SetEnd(status);
    return std::nullopt;
  }
  if (sequence <= ledger_.last_sequence()) {
    SetEnd(absl::InvalidArgumentError(
        absl::StrCat("a request has the sequence ", sequence, " after ", ledger_.last_sequence(),
                     ": number them from 1, each higher than the one before")));
    return std::nullopt;
  }
  const StreamLedger::Ticket ticket = ledger_.Add(sequence, changes);
  if (status.ok()) return ticket;
  Settle(ticket, status);
  return std::nullopt;
}

void NotifyStream::OnPublished(StreamLedger::Ticket ticket, const absl::Status& status) {
  {
    const base::MutexLock lock(mutex_);
    Settle(ticket, status);
  }
  Advance();
}

void NotifyStream::Settle(StreamLedger::Ticket ticket, const absl::Status& status) {
  const size_t changes = ledger_.Settle(ticket, status);
  switch (OutcomeOf(status.code())) {
    case Outcome::kOk:
      metrics_.stream_requests_ok.Increment();
      return metrics_.changes_accepted.Increment(static_cast<double>(changes));
    case Outcome::kInvalid:
      return metrics_.stream_requests_invalid.Increment();
    case Outcome::kUnauthenticated:  // Said of streams only.
    case Outcome::kUnavailable:
      return metrics_.stream_requests_unavailable.Increment();
  }
}

void NotifyStream::Advance() {
  const std::shared_ptr<NotifyStream> self = shared_from_this();  // Finish may be its end.
  for (Step step = NextStep(true); step != Step::kNone; step = NextStep(false)) {
    switch (step) {
      case Step::kRead:
        StartRead(&request_);
        break;
      case Step::kWrite:
        StartWrite(&response_);
        break;
      case Step::kFinish:
        Finish(LastWord());
        break;
      case Step::kNone:
        break;
    }
  }
}

NotifyStream::Step NotifyStream::NextStep(bool is_first) {
  const base::MutexLock lock(mutex_);
  // Who is in Advance asks again after each step, and will see what we changed.
  if (is_first && is_advancing_) return Step::kNone;
  const Step step = Decide();
  is_advancing_ = step != Step::kNone;
  return step;
}

NotifyStream::Step NotifyStream::Decide() {
  const bool may_write = !is_writing_ && !is_finished_;
  const bool is_over = is_broken_ || (end_ && ledger_.IsSettled() && !ledger_.HasNews());
  if (may_write && is_over) {
    is_finished_ = true;
    return Step::kFinish;
  }
  if (may_write && ledger_.HasNews()) {
    is_writing_ = true;
    response_ = Encode(ledger_.TakeNews());
    return Step::kWrite;
  }
  const bool may_read = !is_reading_ && !end_ && !is_broken_;
  if (!may_read || ledger_.held() >= options_.window) return Step::kNone;
  is_reading_ = true;
  return Step::kRead;
}

grpc::Status NotifyStream::LastWord() {
  const base::MutexLock lock(mutex_);
  return end_.value_or(grpc::Status(grpc::StatusCode::CANCELLED, "the caller is gone"));
}

void NotifyStream::SetEnd(const absl::Status& status) {
  if (!end_) end_ = ToGrpc(status);
}

RefusedStream::RefusedStream(const absl::Status& status) { Finish(ToGrpc(status)); }

}  // namespace entitysync::front
