#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "gateway/fetch/message_handler.h"

namespace entitysync::testing {

// An application that takes pass-through messages and replies by hand.
class FakeHandler final : public fetch::MessageHandler {
 public:
  std::unique_ptr<fetch::FetchCall> Handle(fetch::ClientMessage message,
                                           fetch::MessageDone done) override {
    messages.push_back(std::move(message));
    done_.push_back(std::move(done));
    return std::make_unique<fetch::FetchCall>();
  }
  void Reply(absl::StatusOr<std::vector<fetch::MessageReply>> replies) {
    fetch::MessageDone done = std::move(done_.front());
    done_.erase(done_.begin());
    done(std::move(replies));
  }
  size_t open() const { return done_.size(); }
  std::vector<fetch::ClientMessage> messages;

 private:
  std::vector<fetch::MessageDone> done_;
};

}  // namespace entitysync::testing
