#pragma once

#include <absl/status/status.h>

#include <deque>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/protocol/v1.h"
#include "gateway/session/session.h"
#include "gateway/session/v1_outbox.h"

namespace entitysync::session {

// A connection that speaks v1, in either form; client.proto and docs/PROTOCOL.md say what means
// what.
//
// Owner, threading, limits: as Session. What is over a limit that concerns one message or key is
//   answered with an error or a status.
// Errors: told to the client. A message that makes no sense is the last one: 4003.
class V1Session final : public Session {
 public:
  V1Session(WorkerContext& context, SessionHost& host, uint32_t index, Transport& transport,
            Handshake handshake);
  ~V1Session() override;

 private:
  using Ref = std::optional<uint32_t>;
  // What one message begins, and what ends by it; the hub is told of both at its end.
  struct Changes {
    std::vector<hub::Subscription> begun;
    std::vector<std::pair<subs::SubscriptionId, base::KeyPtr>> ended;
  };

  void Handle(std::string_view payload, bool is_binary) override;
  void Queue(uint32_t slot, const WorkerStatePtr& state) override;
  bool Purge(uint32_t slot) override { return outbox_.Purge(slot); }
  bool SendStates() override;
  void OnReplies(absl::StatusOr<std::vector<fetch::MessageReply>> replies) override;
  bool AnnounceDrain(base::Duration window) override;

  void SendWelcome();
  void Authenticate(Ref ref, const client::v1::Authenticate& request);
  void Subscribe(Ref ref, const protocol::V1Message& message);
  // Begins one subscription, or says why not. Sets the rate in force in `result`.
  absl::Status Begin(const client::v1::Subscription& asked, std::string_view fault,
                     Changes& changes, client::v1::SubscriptionStatus& result);
  void EndFor(const base::EntityKey& key, Changes& changes);
  void Unsubscribe(Ref ref, const protocol::V1Message& message);
  void Update(Ref ref, const client::v1::Update& request);
  void PassOn(Ref ref, const client::v1::ApplicationMessage& message);
  double CappedRate(double max_rate) const;
  void OnRelease();

  void SendEvent(Ref ref, client::v1::ServerEvent event);
  void SendError(Ref ref, const absl::Status& status, const base::EntityKey* key = nullptr);

  const protocol::V1Form form_;
  V1Outbox outbox_;
  bool is_ending_ = false;  // Closes when what waits is sent; nothing is read or added any more.
  std::deque<Ref> refs_;    // Of the messages that the application has, in order.
  base::WheelTimer<V1Session, &V1Session::OnRelease> release_{*this};
};

}  // namespace entitysync::session
