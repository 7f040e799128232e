#pragma once

#include <absl/functional/any_invocable.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "gateway/fetch/message_handler.h"
#include "gateway/session/worker_context.h"

namespace entitysync::session {

// The messages of one connection that are for the application.
//
// Purpose: one HandleMessage in flight, in order.
// Owner and lifetime: a session, through shared_ptr because late replies hold a weak_ptr;
//   destroying it cancels the call in flight.
// Threading: the worker's loop; replies are posted to it.
// Limits: IsFull says when to stop reading; what was read by then is still taken.
// Errors: a message that fails is counted and not retried: the application may have acted on it.
class PassThrough final : public std::enable_shared_from_this<PassThrough> {
 public:
  // `on_done` gets what became of each message, on the loop and in their order: the replies,
  // possibly none, or why there are none.
  using Replies = absl::StatusOr<std::vector<fetch::MessageReply>>;
  using OnDone = absl::AnyInvocable<void(Replies)>;

  // context.message_handler is not null.
  PassThrough(WorkerContext& context, OnDone on_done);

  void Submit(fetch::ClientMessage message);
  bool IsFull() const;

 private:
  void StartNext();
  void OnReplies(Replies replies);

  WorkerContext& context_;
  OnDone on_done_;
  std::deque<fetch::ClientMessage> waiting_;
  size_t waiting_bytes_ = 0;
  std::unique_ptr<fetch::FetchCall> call_;  // Null: nothing in flight.
};

}  // namespace entitysync::session
