#include "gateway/fetch_grpc/batch_call.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "gateway/fetch_grpc/answers.h"

namespace entitysync::fetch_grpc {

void BatchItem::Complete(fetch::FetchAnswer answer) {
  fetch::FetchDone done;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(over_, true)) return;
    done = std::move(done_);
  }
  done(std::move(answer));
}

bool BatchItem::Cancel() {
  fetch::FetchDone dropped;
  std::unique_ptr<fetch::FetchCall> ended;
  const std::lock_guard lock(mutex_);  // Let go before what is dropped dies.
  if (std::exchange(over_, true)) return false;
  dropped = std::move(done_);
  ended = std::move(own_call_);
  return true;
}

bool BatchItem::IsOver() const {
  const std::lock_guard lock(mutex_);
  return over_;
}

void BatchItem::AskedSingly(std::unique_ptr<fetch::FetchCall> call) {
  const std::lock_guard lock(mutex_);
  // Else `call` ends it, outside the lock: parameters die after locals.
  if (!over_) own_call_ = std::move(call);
}

class BatchCall::Handle final : public fetch::FetchCall {
 public:
  Handle(std::shared_ptr<BatchItem> item, std::weak_ptr<BatchCall> batch)
      : item_(std::move(item)), batch_(std::move(batch)) {}

  ~Handle() override {
    if (!item_->Cancel()) return;
    if (const std::shared_ptr<BatchCall> batch = batch_.lock()) batch->OneCancelled();
  }

 private:
  const std::shared_ptr<BatchItem> item_;
  const std::weak_ptr<BatchCall> batch_;
};

BatchCall::BatchCall(std::shared_ptr<Caller> caller)
    : RunningCall(caller->registry()), caller_(std::move(caller)) {}

void BatchCall::Start(std::shared_ptr<Caller> caller, std::span<fetch::FetchItem> items,
                      std::vector<std::unique_ptr<fetch::FetchCall>>& handles) {
  auto call = std::make_shared<BatchCall>(std::move(caller));
  call->items_.reserve(items.size());
  for (fetch::FetchItem& item : items) {
    *call->request_.add_items() = ToProto(std::move(item.request));
    call->items_.push_back(std::make_shared<BatchItem>(std::move(item.done)));
    handles.push_back(std::make_unique<Handle>(call->items_.back(), call));
  }
  Caller& with = *call->caller_;
  with.Prepare(call, with.options().fetch_timeout);
  BatchCall& rpc = *call;
  with.Pick().async()->FetchEntities(
      &rpc.context(), &rpc.request_, &rpc.response_,
      [call = std::move(call)](const grpc::Status& status) { call->OnDone(status); });
}

void BatchCall::OnDone(const grpc::Status& status) {
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    caller_->BatchWasUnimplemented();
    return AskSingly();
  }
  if (IsOverReceiveLimit(status)) return AskSingly();
  std::vector<fetch::FetchAnswer> answers =
      ToAnswers(status, request_, response_, *caller_->rules());
  for (size_t i = 0; i < items_.size(); ++i) items_[i]->Complete(std::move(answers[i]));
}

void BatchCall::AskSingly() {
  for (size_t i = 0; i < items_.size(); ++i) {
    if (items_[i]->IsOver()) continue;
    items_[i]->AskedSingly(caller_->Fetch(std::move(*request_.mutable_items(static_cast<int>(i))),
                                          [item = items_[i]](fetch::FetchAnswer answer) mutable {
                                            item->Complete(std::move(answer));
                                          }));
  }
}

void BatchCall::OneCancelled() {
  if (cancelled_.fetch_add(1) + 1 == items_.size()) context().TryCancel();
}

}  // namespace entitysync::fetch_grpc
