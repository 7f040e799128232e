#include "service/fetch_batch.h"

#include <absl/strings/escaping.h>

#include <map>
#include <string>
#include <utility>

#include "service/utf8.h"

namespace entitysync::service {
namespace {

FetchReason FromProto(v1::FetchReason reason) {
  switch (reason) {
    case v1::FETCH_REASON_SNAPSHOT:
      return FetchReason::kSnapshot;
    case v1::FETCH_REASON_REVALIDATE:
      return FetchReason::kRevalidate;
    default:
      return FetchReason::kChange;
  }
}

}  // namespace

FetchContext ToContext(const v1::FetchEntityRequest& request,
                       std::shared_ptr<const std::atomic<bool>> cancelled) {
  return FetchContext({request.key().entity(), request.key().id()}, request.secret(),
                      FromProto(request.reason()), request.min_version(), std::move(cancelled));
}

void FetchBatch::Start(const v1::FetchEntitiesRequest& request, WorkerPool& pool) {
  Items singles;
  std::map<std::string, Items> by_type;
  questions_.reserve(static_cast<size_t>(request.items_size()));
  for (int i = 0; i < request.items_size(); ++i) {
    questions_.push_back(ToContext(request.items(i), call_->cancelled()));
    response_.add_results();
    const std::string& entity = request.items(i).key().entity();
    if (functions_.AnswersManyFor(entity)) {
      by_type[entity].push_back(i);
    } else if (functions_.AnswersFor(entity)) {
      singles.push_back(i);
    } else {
      Put(i, {record_.NoFunction(entity), {}});
    }
  }
  runs_ += singles.size() + by_type.size();
  for (auto& [unused, items] : by_type) SubmitMany(std::move(items), pool);
  if (!singles.empty()) SubmitSingles(std::move(singles), pool);
  RunDone();
}

void FetchBatch::SubmitMany(Items items, WorkerPool& pool) {
  const auto shared = std::make_shared<const Items>(std::move(items));
  const size_t taken = pool.TrySubmit([self = shared_from_this(), shared](size_t) {
    self->RunMany(*shared);
    self->RunDone();
  });
  if (taken > 0) return;
  for (const int item : *shared) Put(item, {record_.NoRoom(), {}});
  RunDone();
}

void FetchBatch::SubmitSingles(Items items, WorkerPool& pool) {
  const auto shared = std::make_shared<const Items>(std::move(items));
  const size_t taken = pool.TrySubmit(
      [self = shared_from_this(), shared](size_t run) {
        self->RunSingle((*shared)[run]);
        self->RunDone();
      },
      shared->size());
  for (size_t i = taken; i < shared->size(); ++i) {
    Put((*shared)[i], {record_.NoRoom(), {}});
    RunDone();
  }
}

bool FetchBatch::IsCancelled() const { return call_->cancelled()->load(std::memory_order_relaxed); }

void FetchBatch::RunSingle(int item) {
  if (IsCancelled()) return record_.Cancelled();
  Put(item, functions_.Run(questions_[static_cast<size_t>(item)]));
}

void FetchBatch::RunMany(const Items& items) {
  if (IsCancelled()) {
    for (size_t i = 0; i < items.size(); ++i) record_.Cancelled();
    return;
  }
  std::vector<FetchContext> questions;
  questions.reserve(items.size());
  for (int item : items) questions.push_back(std::move(questions_[static_cast<size_t>(item)]));
  std::vector<FetchResult> results = functions_.RunMany(questions);
  for (size_t i = 0; i < items.size(); ++i) Put(items[i], std::move(results[i]));
}

void FetchBatch::Put(int item, FetchResult result) {
  v1::FetchEntityResult& out = *response_.mutable_results(item);
  if (result.status.ok()) {
    *out.mutable_response() = std::move(result.response);
    return;
  }
  // Protocol Buffers' strings are UTF-8: other bytes would spoil the answer for all items.
  std::string message = result.status.error_message();
  if (!IsValidUtf8(message)) message = absl::CEscape(message);
  out.mutable_status()->set_code(result.status.error_code());
  out.mutable_status()->set_message(std::move(message));
}

void FetchBatch::RunDone() {
  if (runs_.fetch_sub(1) == 1) call_->Finish(grpc::Status::OK, std::move(response_));
}

}  // namespace entitysync::service
