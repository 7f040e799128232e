#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/token_bucket.h"
#include "gateway/protocol/classic.h"
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

// One client connection: what it watches, as whom, and what it still has to be sent.
//
// Purpose: the classic dialect's state machine, without sockets.
// Owner and lifetime: the SessionTable, from OnOpen to OnClosed.
// Threading: its worker's loop for life.
// Limits: SessionOptions. Over a limit the client is closed with a code that says so, or (where
//   classic cannot say anything) the message is dropped and counted. When the application or the
//   worker's rate of subscriptions is behind, it reads no further for a while.
// Errors: nothing a client sends is an error of the gateway.
class Session final : public ConnectionHandler, private SubscribeThrottle::Waiter {
 public:
  // `index` is the session's place in its table.
  Session(WorkerContext& context, SessionHost& host, uint32_t index, Transport& transport,
          Handshake handshake);
  ~Session() override;

  void OnInflated(size_t bytes) override;
  void OnMessage(std::string_view payload, bool is_binary) override;
  void OnActivity() override { last_activity_ = context_.executor.Now(); }
  void OnWritable() override {
    Flush();
    context_.Count();  // No turn's end needs to follow that does.
  }
  void OnClosed() override;

  // A state for one of this session's subscriptions, past or present.
  void OnDelivery(const subs::SubscriberRef& receiver, const WorkerStatePtr& state);

  // A delivery for this slot will come soon.
  void PrefetchWatch(uint32_t slot) const { watches_.Prefetch(slot); }

  // Hands the transport as much as it should hold.
  void Flush();

  // Closes for a drain after `delay`.
  void CloseAfter(base::Duration delay);

 private:
  // Replies of the application that wait to be sent.
  struct Replies {
    std::deque<protocol::Frame> frames;
    size_t bytes = 0;
  };

  void OnTurn() override { ResumeReading(NotReading::kSubscribeRate); }

  void Subscribe(base::EntityKey key);
  void Unsubscribe(const base::EntityKey& key);
  std::optional<uint32_t> FindWatch(const base::EntityKey& key) const;
  void ReplaceSecret(std::string secret);
  void HandToApplication(std::string_view payload, bool is_binary);
  void OnReplies(const std::vector<fetch::MessageReply>& replies);
  void SendReplies();
  // Takes what `subscriptions` cost, and stops reading if that has to wait its turn.
  void PaceSubscribing(size_t subscriptions);
  void ResumeReading(NotReading reason);
  void OnTick();
  void Close(protocol::CloseCode code, std::string_view reason, metrics::Counter& cause);
  subs::SubscriptionId NewId();
  subs::SubscriberRef RefOf(uint32_t slot) const;

  WorkerContext& context_;
  SessionHost& host_;
  const uint32_t index_;
  Transport& transport_;
  ReadingGate reading_;
  const bool takes_deflated_;
  const uint64_t serial_;  // Makes the connection's id.
  fetch::Secret secret_;
  Watches watches_;
  std::shared_ptr<PassThrough> pass_through_;  // Null until first needed,
  std::unique_ptr<Replies> replies_;           // and this while none waits.
  base::TokenBucket messages_;
  base::TimePoint last_activity_;
  base::TimePoint last_ping_;
  base::WheelTimer<Session, &Session::OnTick> tick_{*this};
  bool is_draining_ = false;  // Closes at the next tick.
  bool is_closing_ = false;
};

}  // namespace entitysync::session
