#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "entitysync/notifier.h"
#include "tests/testing/fake_gateway.h"

namespace entitysync {

// Keeps the lines that a notifier logs.
class Lines {
 public:
  LogFunction function() {
    return [this](std::string_view line) {
      std::lock_guard lock(mutex_);
      text_ += std::string(line) + "\n";
    };
  }
  std::string text() {
    std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

// A notifier of a gateway with or without streams.
class LaterFixture {
 protected:
  using FakeGateway = testing::FakeGateway;

  explicit LaterFixture(FakeGateway::Streams streams)
      : gateway_(grpc::InsecureServerCredentials(), streams) {
    options_.gateways = {gateway_.address()};
    options_.min_backoff = std::chrono::milliseconds(1);
    options_.max_backoff = std::chrono::milliseconds(5);
    options_.attempt_timeout = std::chrono::seconds(20);
    options_.flush_timeout = std::chrono::milliseconds(20);
    options_.log = lines_.function();
  }

  Notifier& Start() {
    notifier_ = *Notifier::Create(options_);
    return *notifier_;
  }

  // Gets the sending thread stuck in a call, so that what comes next gathers.
  void OccupySender(Notifier& notifier) {
    gateway_.Block();
    ASSERT_TRUE(notifier.NotifyLater(EntityKey{"items", "first"}));
    ASSERT_TRUE(gateway_.WaitForCalls(1));
  }

  std::multiset<std::string> IdsDelivered(size_t from_call = 0) const {
    std::multiset<std::string> ids;
    const auto calls = gateway_.Calls();
    for (size_t i = from_call; i < calls.size(); ++i) {
      for (const auto& change : calls[i].changes) ids.insert(change.key().id());
    }
    return ids;
  }

  FakeGateway gateway_;
  Lines lines_;
  NotifierOptions options_;
  std::unique_ptr<Notifier> notifier_;
};

}  // namespace entitysync
