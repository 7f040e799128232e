#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/session/session_table.h"
#include "tests/testing/fake_hub.h"
#include "tests/testing/fake_source.h"
#include "tests/testing/fake_transport.h"
#include "tests/testing/manual_loops.h"

// Sessions whose worker lets ten subscriptions through at once and then ten a second.
namespace entitysync::session {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A client whose messages reach its session as long as that reads: the rest waits in its socket.
struct Client {
  explicit Client(const base::Executor& executor) : transport(executor) {}

  testing::FakeTransport transport;
  ConnectionHandler* session = nullptr;
  std::deque<std::string> unread;
};

class SessionPacingTest : public ::testing::Test {
 protected:
  SessionPacingTest() {
    options_.worker_subscribes_per_second = 10;
    options_.worker_subscribe_burst = 10;
    table_ = std::make_unique<SessionTable>(SessionTableOptions{.executor = loop_,
                                                                .hub = hub_,
                                                                .catalog = catalog_,
                                                                .message_handler = nullptr,
                                                                .sessions = options_,
                                                                .metrics = metrics_,
                                                                .logger = base::NullLogger(),
                                                                .connection_prefix = "r1"});
  }
  ~SessionPacingTest() override {
    for (Client& client : clients_) Vanish(client);
    OnLoop([&] { table_.reset(); });
  }

  void OnLoop(base::Task task) {
    loop_.Post(std::move(task));
    loops_.RunReady();
  }
  Client& Connect() {
    Client& client = clients_.emplace_back(loop_);
    OnLoop([&] { client.session = &table_->OnOpen(client.transport, {}); });
    return client;
  }
  void Vanish(Client& client) {
    if (client.session == nullptr) return;
    OnLoop([&] { std::exchange(client.session, nullptr)->OnClosed(); });
  }

  // `client` asks for `count` keys named `name` and a number.
  void Ask(Client& client, const std::string& name, int count) {
    for (int i = 0; i < count; ++i) {
      client.unread.push_back(R"({"action":"subscribe","body":{"entity":"items","id":")" + name +
                              std::to_string(i) + "\"}}");
    }
    ReadAll();
  }
  // Sessions that read get what their clients said, one message each in turn.
  void ReadAll() {
    for (bool any = true; any;) {
      any = false;
      for (Client& client : clients_) any |= ReadOne(client);
    }
  }
  bool ReadOne(Client& client) {
    const bool reads = client.session != nullptr && client.transport.is_reading;
    if (!reads || client.unread.empty()) return false;
    OnLoop([&] { client.session->OnMessage(client.unread.front(), false); });
    client.unread.pop_front();
    return true;
  }
  void Pass(base::Duration time) {
    for (; time > base::Duration(0); time -= milliseconds(50)) {
      loops_.Advance(milliseconds(50));
      ReadAll();
    }
  }

  std::vector<std::string> SubscribedIds() const {
    std::vector<std::string> ids;
    for (const auto& call : hub_.subscribed) ids.push_back(call.id);
    return ids;
  }

  testing::ManualLoops loops_;
  base::Executor& loop_ = loops_.Add();
  testing::FakeHub hub_;
  testing::FakeSource source_;
  fetch::EntityCatalog catalog_{{{"items", {}}}, std::nullopt, {{.source = &source_}}};
  SessionOptions options_;
  prometheus::Registry registry_;
  metrics::SessionMetrics metrics_{registry_};
  std::unique_ptr<SessionTable> table_;
  std::deque<Client> clients_;
};

using Strings = std::vector<std::string>;

TEST_F(SessionPacingTest, ABurstGoesThroughAndTheRestAtTheRateWithNothingLost) {
  Client& client = Connect();
  Ask(client, "a", 40);
  EXPECT_EQ(hub_.subscribed.size(), 11u) << "what was read is handled, on credit";
  EXPECT_FALSE(client.transport.is_reading);
  EXPECT_EQ(metrics_.subscribe_pauses.Value(), 1);
  Pass(seconds(1));
  EXPECT_GE(hub_.subscribed.size(), 18u);
  EXPECT_LE(hub_.subscribed.size(), 21u);
  Pass(seconds(3));
  EXPECT_EQ(hub_.subscribed.size(), 40u);
  EXPECT_TRUE(client.transport.is_reading);
  EXPECT_FALSE(client.transport.closed.has_value());
}

TEST_F(SessionPacingTest, ThoseWhoWaitGoOnInTheOrderInWhichTheyCame) {
  Ask(Connect(), "a", 13);
  Ask(Connect(), "b", 3);
  Ask(Connect(), "c", 1);
  Pass(seconds(3));
  const Strings ids = SubscribedIds();
  const Strings rest(ids.begin() + 10, ids.end());
  // A first message that was read at once, then one message each in turn.
  EXPECT_EQ(rest, (Strings{"a10", "b0", "c0", "a11", "b1", "a12", "b2"}));
}

TEST_F(SessionPacingTest, SilenceThatIsOursIsNoLackOfLife) {
  options_.heartbeat_interval = milliseconds(100);
  Client& client = Connect();
  Ask(client, "a", 10);
  client.unread.push_back(R"({"action":"secret","body":"other"})");
  ReadAll();
  loops_.Advance(milliseconds(1'050));
  EXPECT_FALSE(client.transport.is_reading) << "ten are owed";
  EXPECT_FALSE(client.transport.closed.has_value());
  loops_.Advance(milliseconds(150));
  EXPECT_TRUE(client.transport.is_reading);
  EXPECT_FALSE(client.transport.closed.has_value()) << "it gets its two intervals again";
  loops_.Advance(milliseconds(300));
  EXPECT_EQ(client.transport.closed, protocol::CloseCode::kStalled) << "now it is the client's";
}

TEST_F(SessionPacingTest, ANewSecretCostsWhatItMoves) {
  Client& client = Connect();
  Ask(client, "a", 10);
  EXPECT_TRUE(client.transport.is_reading);
  client.unread.push_back(R"({"action":"secret","body":"other"})");
  ReadAll();
  EXPECT_EQ(hub_.changed.size(), 10u) << "all of them at once: no half-moved connection";
  EXPECT_FALSE(client.transport.is_reading);
  Pass(milliseconds(1'000));
  EXPECT_FALSE(client.transport.is_reading) << "ten owed";
  Pass(milliseconds(150));
  EXPECT_TRUE(client.transport.is_reading);
}

TEST_F(SessionPacingTest, WhatSubscribesNothingNewCostsNothing) {
  Client& client = Connect();
  Ask(client, "a", 10);
  for (int i = 0; i < 5; ++i) Ask(client, "a", 10);
  Connect().unread.push_back(R"({"action":"secret","body":"nothing to move"})");
  ReadAll();
  EXPECT_TRUE(clients_[0].transport.is_reading);
  EXPECT_TRUE(clients_[1].transport.is_reading);
}

TEST_F(SessionPacingTest, WhoVanishesWhileItWaitsHoldsUpNobody) {
  Client& first = Connect();
  Ask(first, "a", 20);
  Client& second = Connect();
  Ask(second, "b", 20);
  Client& third = Connect();
  Ask(third, "c", 2);
  ASSERT_FALSE(third.transport.is_reading);
  Vanish(first);
  Vanish(second);
  Client& fourth = Connect();
  Ask(fourth, "d", 2);
  Pass(seconds(1));
  EXPECT_EQ(SubscribedIds().back(), "d1");
  EXPECT_TRUE(third.transport.is_reading);
  EXPECT_TRUE(fourth.transport.is_reading);
}

TEST_F(SessionPacingTest, WhoIsClosedWhileItWaitsIsNotCalled) {
  Client& first = Connect();
  Ask(first, "a", 20);
  Client& second = Connect();
  Ask(second, "b", 20);
  ASSERT_FALSE(second.transport.is_reading);
  OnLoop([&] { table_->Drain(base::Duration(0)); });
  Pass(milliseconds(100));
  ASSERT_EQ(second.transport.closed, protocol::CloseCode::kRestart);
  const size_t subscribed = SubscribedIds().size();
  Pass(seconds(2));
  EXPECT_FALSE(second.transport.is_reading);
  EXPECT_EQ(SubscribedIds().size(), subscribed);
}

}  // namespace
}  // namespace entitysync::session
