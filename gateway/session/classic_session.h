#pragma once

#include <vector>

#include "gateway/protocol/classic.h"
#include "gateway/session/session.h"

namespace entitysync::session {

// A connection that speaks the classic dialect; see protocol/classic.h.
//
// Owner, threading, limits: as Session. Errors: classic has no words for them: what cannot be done
// is counted and dropped.
class ClassicSession final : public Session {
 public:
  using Session::Session;

 private:
  void Handle(std::string_view payload, bool is_binary) override;
  void Queue(uint32_t slot, const WorkerStatePtr& state) override {
    if (watches_.Put(slot, state)) ++context_.states_replaced;
  }
  bool SendStates() override;
  void OnReplies(absl::StatusOr<std::vector<fetch::MessageReply>> replies) override;

  void Subscribe(base::EntityKey key);
  void Unsubscribe(const base::EntityKey& key);
  void PassOn(std::string_view payload, bool is_binary);
};

}  // namespace entitysync::session
