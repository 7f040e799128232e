#include "gateway/session/pass_through.h"

#include <utility>

namespace entitysync::session {

PassThrough::PassThrough(WorkerContext& context, OnDone on_done)
    : context_(context), on_done_(std::move(on_done)) {}

void PassThrough::Submit(fetch::ClientMessage message) {
  waiting_bytes_ += message.data.size();
  waiting_.push_back(std::move(message));
  if (call_ == nullptr) StartNext();
}

bool PassThrough::IsFull() const {
  return waiting_.size() >= context_.options.pass_through_queue_messages ||
         waiting_bytes_ >= context_.options.pass_through_queue_bytes;
}

void PassThrough::StartNext() {
  fetch::ClientMessage message = std::move(waiting_.front());
  waiting_.pop_front();
  waiting_bytes_ -= message.data.size();
  call_ = context_.message_handler->Handle(
      std::move(message),
      [weak = weak_from_this(), &executor = context_.executor](Replies replies) {
        executor.Post([weak, replies = std::move(replies)]() mutable {
          if (const auto self = weak.lock()) self->OnReplies(std::move(replies));
        });
      });
}

void PassThrough::OnReplies(Replies replies) {
  call_.reset();
  if (!waiting_.empty()) StartNext();
  auto& metrics = context_.metrics;
  if (replies.ok()) {
    metrics.pass_through_handled.Increment();
  } else if (absl::IsUnimplemented(replies.status())) {
    metrics.pass_through_dropped.Increment();
  } else {
    metrics.pass_through_failed.Increment();
  }
  on_done_(std::move(replies));
}

}  // namespace entitysync::session
