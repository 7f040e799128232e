#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/token_bucket.h"
#include "gateway/session/connection_handler.h"
#include "gateway/session/pass_through.h"
#include "gateway/session/reading_gate.h"
#include "gateway/session/subscribe_throttle.h"
#include "gateway/session/watches.h"
#include "gateway/session/worker_context.h"

namespace entitysync::session {

// Who sessions tell about themselves; implemented by SessionTable.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  // Session::Flush is to be called at the end of the turn.
  virtual void ScheduleFlush(uint32_t session) = 0;
  // The session's connection is gone; destroy it after the call under way.
  virtual void OnSessionEnded(uint32_t session) = 0;
};

// Messages of a session's own that wait to be sent, in order.
struct AnswerQueue {
  std::deque<protocol::Frame> frames;
  size_t bytes = 0;
};

// One client connection: what it watches, as whom, and what it still has to be sent.
//
// Purpose: what connections of all dialects have in common, without sockets. ClassicSession and
//   V1Session say what a message does and how a state is sent.
// Owner and lifetime: the SessionTable, from OnOpen to OnClosed.
// Threading: its worker's loop for life.
// Limits: SessionOptions. Over a limit the client is closed with a code that says so, or (where its
//   dialect has no words for it) the message is dropped and counted. When the application, the
//   worker's rate of subscriptions or the client's own reading is behind, it reads no further for a
//   while.
// Errors: nothing a client sends is an error of the gateway.
class Session : public ConnectionHandler, private SubscribeThrottle::Waiter {
 public:
  // `index` is the session's place in its table.
  Session(WorkerContext& context, SessionHost& host, uint32_t index, Transport& transport,
          Handshake handshake);
  ~Session() override;

  void OnMessage(std::string_view payload, bool is_binary) final;
  void OnActivity() final { last_activity_ = context_.executor.Now(); }
  void OnWritable() final;
  void OnClosed() final;

  // A state for one of this session's subscriptions, past or present.
  void OnDelivery(const subs::SubscriberRef& receiver, const WorkerStatePtr& state);
  // A delivery for this slot will come soon.
  void PrefetchWatch(uint32_t slot) const { watches_.Prefetch(slot); }

  // Hands the transport as much as it should hold.
  void Flush();
  // Closes for a drain within `window`: after `delay`, unless the client chooses its own moment.
  void Drain(base::Duration delay, base::Duration window);

 protected:
  virtual void Handle(std::string_view payload, bool is_binary) = 0;
  // A state for a subscription in force: puts it into the line.
  virtual void Queue(uint32_t slot, const WorkerStatePtr& state) = 0;
  // Takes back what waits for a slot. True if something did.
  virtual bool Purge(uint32_t slot) { return watches_.Purge(slot); }
  // Sends what waits in the line, as far as there is room. False: something is left.
  virtual bool SendStates() = 0;
  // A message that was handed to the application is done.
  virtual void OnReplies(absl::StatusOr<std::vector<fetch::MessageReply>> replies) = 0;
  // True: the client was told to choose a moment of its own within `window`.
  virtual bool AnnounceDrain(base::Duration /*window*/) { return false; }

  std::optional<uint32_t> FindWatch(const base::EntityKey& key) const;
  // Ends the subscription of a slot in use.
  void EndWatch(uint32_t slot);
  // From here on all is as `secret` may see it. False: that is too much, and it closed.
  bool ReplaceSecret(std::string secret);
  void HandToApplication(std::string_view payload, bool is_binary);  // There is a handler.
  // Sends a message of its own, before the states and in order.
  void Send(protocol::Frame frame);
  bool HasAnswers() const { return answers_ != nullptr; }
  // Takes their cost, and stops reading if that has to wait its turn.
  void PaceSubscribing(size_t subscriptions);
  void ScheduleFlush() { host_.ScheduleFlush(index_); }
  // The bytes that may be handed to the transport, where nothing can replace them. 0: none.
  size_t RoomInTransport() const;
  void Close(protocol::CloseCode code, std::string_view reason, metrics::Counter& cause);
  std::string ConnectionId() const;
  subs::SubscriptionId NewId();
  subs::SubscriberRef RefOf(uint32_t slot) const;
  protocol::Deflater* deflater() const { return takes_deflated_ ? context_.deflater : nullptr; }

  WorkerContext& context_;
  Transport& transport_;
  fetch::Secret secret_;
  Watches watches_;
  bool is_closing_ = false;

 private:
  void OnTurn() override { ResumeReading(NotReading::kSubscribeRate); }
  void OnMessageDone(absl::StatusOr<std::vector<fetch::MessageReply>> replies);
  void SendAnswers();
  void ResumeReading(NotReading reason);
  void OnTick();
  void StopTimers();

  SessionHost& host_;
  const uint32_t index_;
  ReadingGate reading_;
  const bool takes_deflated_;
  const uint64_t serial_;                      // Makes the connection's id.
  std::shared_ptr<PassThrough> pass_through_;  // Null until first needed,
  std::unique_ptr<AnswerQueue> answers_;       // and this while none waits.
  base::TokenBucket messages_allowed_;
  base::TimePoint last_activity_;
  base::TimePoint last_ping_;
  base::WheelTimer<Session, &Session::OnTick> tick_{*this};
  bool is_draining_ = false;  // Closes at the next tick.
};

}  // namespace entitysync::session
