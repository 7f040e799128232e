#include "gateway/session/session.h"
#include "gateway/base/limits.h"
#include "gateway/protocol/classic.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "gateway/base/limits.h"
#include "gateway/protocol/classic.h"
#include "gateway/session/session_table.h"
#include "tests/testing/fake_handler.h"
#include "tests/testing/fake_hub.h"
#include "tests/testing/fake_source.h"
#include "tests/testing/fake_transport.h"
#include "tests/testing/manual_loops.h"

namespace entitysync::session {
namespace {

using std::chrono::seconds;

// One worker with one connection.
class SessionTest : public ::testing::Test {
 protected:
  SessionTest() {
    options_.max_subscriptions = 3;
    options_.pass_through_queue_messages = 2;
    options_.reply_queue_bytes = 100;
    options_.flush_bytes = 10;
    table_ = std::make_unique<SessionTable>(SessionTableOptions{.executor = loop_,
                                                                .hub = hub_,
                                                                .catalog = catalog_,
                                                                .message_handler = &handler_,
                                                                .sessions = options_,
                                                                .metrics = metrics_,
                                                                .logger = base::NullLogger(),
                                                                .connection_prefix = "r1"});
    OnLoop([&] { session_ = &table_->OnOpen(transport_, {.secret = "start"}); });
  }
  ~SessionTest() override {
    if (session_ != nullptr) OnLoop([&] { session_->OnClosed(); });
    OnLoop([&] { table_.reset(); });
  }

  void OnLoop(base::Task task) {
    loop_.Post(std::move(task));
    loops_.RunReady();
  }
  void Say(const std::string& text, bool is_binary = false) {
    OnLoop([&] { session_->OnMessage(text, is_binary); });
  }
  void Subscribe(const std::string& id, const std::string& entity = "items") {
    Say(R"({"action":"subscribe","body":{"entity":")" + entity + R"(","id":")" + id + "\"}}");
  }
  void Deliver(const subs::SubscriberRef& to, const std::string& row) {
    auto state = std::make_shared<hub::State>();
    state->hash = base::HashRows({row});
    state->classic = protocol::EncodeClassic({row}).frame;
    hub::Deliveries deliveries;
    deliveries.Add(std::move(state), to);
    OnLoop([&] { table_->OnDeliveries(deliveries); });
  }
  // All that waits in the transport goes out, and the session hears of it if it wanted to.
  void DrainTransport() {
    transport_.Drain();
    EXPECT_TRUE(std::exchange(transport_.wants_writable, false));
    OnLoop([&] { session_->OnWritable(); });
  }
  std::vector<std::string> SentRows() {
    std::vector<std::string> rows;
    for (const std::string& frame : transport_.sent) rows.push_back(frame.substr(2));
    return rows;
  }

  testing::ManualLoops loops_;
  base::Executor& loop_ = loops_.Add();
  testing::FakeHub hub_;
  testing::FakeSource source_;
  fetch::EntityCatalog catalog_{
      {{"items", {}}, {"shop", {.classic_snapshot = true}}}, std::nullopt, {{.source = &source_}}};
  testing::FakeHandler handler_;
  SessionOptions options_;
  prometheus::Registry registry_;
  metrics::SessionMetrics metrics_{registry_};
  std::unique_ptr<SessionTable> table_;
  testing::FakeTransport transport_{loop_};
  ConnectionHandler* session_ = nullptr;
};

using Strings = std::vector<std::string>;

TEST_F(SessionTest, SubscribesOncePerKeyWithTheSecretItHas) {
  Subscribe("1");
  Subscribe("1");
  Subscribe("1", "shop");
  ASSERT_EQ(hub_.subscribed.size(), 2u);
  EXPECT_EQ(hub_.subscribed[0].secret, "start");
  EXPECT_FALSE(hub_.subscribed[0].snapshot);
  EXPECT_TRUE(hub_.subscribed[1].snapshot) << "as the type is configured";
}

TEST_F(SessionTest, AnUnknownTypeAndTooManyKeysAreDroppedAndCounted) {
  Subscribe("1", "unknown");
  for (const auto* id : {"1", "2", "3", "4"}) Subscribe(id);
  EXPECT_EQ(hub_.subscribed.size(), 3u);
  EXPECT_EQ(metrics_.subscriptions_unknown_type.Value(), 1);
  EXPECT_EQ(metrics_.subscriptions_over_limit.Value(), 1);
  EXPECT_FALSE(transport_.closed.has_value());
}

TEST_F(SessionTest, UnsubscribingEndsItAndWhatIsNotWatchedIsHarmless) {
  Subscribe("1");
  Say(R"({"action":"unsubscribe","body":{"entity":"items","id":"2"}})");
  EXPECT_TRUE(hub_.unsubscribed.empty());
  Say(R"({"action":"unsubscribe","body":{"entity":"items","id":"1"}})");
  ASSERT_EQ(hub_.unsubscribed.size(), 1u);
  Deliver(hub_.subscribed[0].subscriber, "late");
  EXPECT_TRUE(transport_.sent.empty()) << "nothing of a key follows its end";
  Subscribe("1");
  EXPECT_NE(hub_.subscribed[1].subscriber.id, hub_.subscribed[0].subscriber.id);
  Deliver(hub_.subscribed[0].subscriber, "meant for the first");
  EXPECT_TRUE(transport_.sent.empty());
  EXPECT_TRUE(hub_.refreshed.empty());
}

TEST_F(SessionTest, ASecretInTheSameBatchAsASubscribeIsUsedForIt) {
  Say(R"({"action":"secret","body":"mine"})");
  Subscribe("1");
  EXPECT_EQ(hub_.subscribed[0].secret, "mine");
  EXPECT_TRUE(hub_.changed.empty());
}

TEST_F(SessionTest, ANewSecretMovesEverySubscriptionAndPurgesWhatWaits) {
  Subscribe("1");
  Subscribe("2");
  transport_.is_reading_peer = false;
  Deliver(hub_.subscribed[1].subscriber, "fills the transport");
  Deliver(hub_.subscribed[0].subscriber, "waits");
  Say(R"({"action":"secret","body":"other"})");
  ASSERT_EQ(hub_.changed.size(), 2u);
  EXPECT_EQ(*hub_.changed[0].old_secret, "start");
  EXPECT_EQ(*hub_.changed[0].new_secret, "other");
  EXPECT_EQ(hub_.changed[0].old_id, hub_.subscribed[0].subscriber.id);
  EXPECT_TRUE(hub_.changed[0].purged);
  EXPECT_FALSE(hub_.changed[1].purged);
  DrainTransport();
  EXPECT_EQ(SentRows(), Strings{"fills the transport"});
}

TEST_F(SessionTest, TheSameSecretAgainChangesNothing) {
  Subscribe("1");
  Say(R"({"action":"secret","body":"start"})");
  EXPECT_TRUE(hub_.changed.empty());
}

TEST_F(SessionTest, AStateOfTheOldSecretIsNotShownButItsChangeIsNotLost) {
  Subscribe("1");
  const subs::SubscriberRef before = hub_.subscribed[0].subscriber;
  Say(R"({"action":"secret","body":"other"})");
  Deliver(before, "old rows");
  EXPECT_TRUE(transport_.sent.empty());
  ASSERT_EQ(hub_.refreshed.size(), 1u);
  EXPECT_EQ(hub_.refreshed[0].subscriber.id, hub_.changed[0].subscriber.id);
  EXPECT_EQ(hub_.refreshed[0].secret, "other");
}

TEST_F(SessionTest, ASlowClientGetsTheNewestStateOfEachKeyAndNoBacklog) {
  Subscribe("1");
  Subscribe("2");
  transport_.is_reading_peer = false;
  Deliver(hub_.subscribed[0].subscriber, "started, goes whole");
  for (int i = 0; i < 100; ++i) {
    Deliver(hub_.subscribed[0].subscriber, "one " + std::to_string(i));
    Deliver(hub_.subscribed[1].subscriber, "two " + std::to_string(i));
  }
  EXPECT_EQ(metrics_.states_replaced.Value(), 198);
  transport_.is_reading_peer = true;
  DrainTransport();
  EXPECT_EQ(SentRows(), (Strings{"started, goes whole", "one 99", "two 99"}));
}

TEST_F(SessionTest, AStateThatDoesNotFitBesideAnotherWaitsWhereItCanBeReplaced) {
  for (const char* id : {"1", "2", "3"}) Subscribe(id);
  transport_.is_reading_peer = false;
  Deliver(hub_.subscribed[0].subscriber, "1");  // 3 bytes with the header, of 10.
  Deliver(hub_.subscribed[1].subscriber, "2");
  Deliver(hub_.subscribed[2].subscriber, "5 more");
  Deliver(hub_.subscribed[0].subscriber, "1 again");
  EXPECT_EQ(SentRows(), (Strings{"1", "2"}));
  Deliver(hub_.subscribed[2].subscriber, "larger than all");
  DrainTransport();
  EXPECT_EQ(SentRows(), (Strings{"1", "2", "larger than all"}));
  DrainTransport();
  EXPECT_EQ(SentRows().back(), "1 again");
}

TEST_F(SessionTest, OtherMessagesGoToTheApplicationInOrderOneAtATime) {
  Say("first");
  Say(R"({"action":"secret","body":"later"})");
  Say("second", true);
  ASSERT_EQ(handler_.messages.size(), 1u);
  EXPECT_EQ(handler_.messages[0].data, "first");
  EXPECT_EQ(*handler_.messages[0].secret, "start");
  EXPECT_EQ(handler_.messages[0].connection.substr(0, 5), "r1-0-");
  handler_.Reply(std::vector<fetch::MessageReply>{{"hello", false}, {"\xFF", false}});
  loops_.RunReady();
  EXPECT_EQ(transport_.sent, (Strings{"\x81\x05hello", "\x82\x01\xFF"}));
  ASSERT_EQ(handler_.messages.size(), 2u);
  EXPECT_TRUE(handler_.messages[1].is_binary);
  EXPECT_EQ(*handler_.messages[1].secret, "later");
}

TEST_F(SessionTest, AFailedMessageIsNotRetriedAndTheNextGoesOn) {
  Say("first");
  Say("second");
  handler_.Reply(absl::UnavailableError("away"));
  loops_.RunReady();
  EXPECT_EQ(handler_.messages.size(), 2u);
  EXPECT_EQ(metrics_.pass_through_failed.Value(), 1);
  handler_.Reply(absl::UnimplementedError("no"));
  loops_.RunReady();
  EXPECT_EQ(metrics_.pass_through_dropped.Value(), 1);
}

TEST_F(SessionTest, AFullPassThroughQueueStopsReadingUntilThereIsRoom) {
  for (const auto* text : {"in flight", "waits", "waits too"}) Say(text);
  EXPECT_FALSE(transport_.is_reading);
  loops_.Advance(options_.heartbeat_interval * 3);
  EXPECT_FALSE(transport_.closed.has_value()) << "the silence is ours";
  handler_.Reply(std::vector<fetch::MessageReply>{});
  loops_.RunReady();
  EXPECT_TRUE(transport_.is_reading);
}

TEST_F(SessionTest, TooManyUnreadRepliesCloseTheConnection) {
  transport_.is_reading_peer = false;
  Say("more");
  handler_.Reply(std::vector<fetch::MessageReply>{{std::string(101, 'x'), false}, {"y", false}});
  loops_.RunReady();
  EXPECT_EQ(transport_.closed, protocol::CloseCode::kOverload);
}

TEST_F(SessionTest, TooManyMessagesCloseTheConnection) {
  OnLoop([&] {
    for (uint32_t i = 0; i <= options_.message_burst; ++i) {
      session_->OnMessage(R"({"action":"secret","body":5})", false);
    }
  });
  EXPECT_EQ(transport_.closed, protocol::CloseCode::kTooManyMessages);
}

TEST_F(SessionTest, ALongMessageCostsByItsLength) {
  const std::string message(64 * 1024, ' ');
  uint32_t messages = 0;
  OnLoop([&] {
    for (; !transport_.closed.has_value() && messages < options_.message_burst; ++messages) {
      session_->OnMessage(message, false);
    }
  });
  EXPECT_EQ(transport_.closed, protocol::CloseCode::kTooManyMessages);
  EXPECT_EQ(messages, options_.message_burst / 17 + 1);
}

TEST_F(SessionTest, ASecretThatIsTooLongIsDropped) {
  Say(R"({"action":"secret","body":")" + std::string(base::limits::kMaxSecretBytes + 1, 'x') +
      "\"}");
  Subscribe("1");
  EXPECT_EQ(hub_.subscribed[0].secret, "start");
  EXPECT_EQ(metrics_.messages_dropped.Value(), 1);
}

TEST_F(SessionTest, ANewSecretCostsByTheSubscriptionsItMoves) {
  options_.max_subscriptions = 1000;
  for (int i = 0; i < 1000; ++i) Subscribe(std::to_string(i));
  int secrets = 0;
  while (!transport_.closed.has_value() && secrets < 1000) {
    Say(R"({"action":"secret","body":")" + std::to_string(++secrets) + "\"}");
  }
  EXPECT_EQ(transport_.closed, protocol::CloseCode::kTooManyMessages);
  EXPECT_LT(secrets, 200) << "19,000 tokens left, 101 for each";
}

TEST_F(SessionTest, TheFirstPingComesWithinOneInterval) {
  loops_.Advance(options_.heartbeat_interval);
  EXPECT_EQ(transport_.pings, 1);
}

TEST_F(SessionTest, PingsAndClosesWhoSendsNothingForTwoIntervals) {
  loops_.Advance(options_.heartbeat_interval * 3 / 2);
  EXPECT_GE(transport_.pings, 1);
  OnLoop([&] { session_->OnActivity(); });
  loops_.Advance(options_.heartbeat_interval * 3 / 2);
  EXPECT_FALSE(transport_.closed.has_value());
  loops_.Advance(options_.heartbeat_interval);
  EXPECT_EQ(transport_.closed, protocol::CloseCode::kStalled);
  EXPECT_EQ(metrics_.closed_by_heartbeat.Value(), 1);
}

TEST_F(SessionTest, AWriteThatStallsClosesTheConnection) {
  Subscribe("1");
  transport_.is_reading_peer = false;
  Deliver(hub_.subscribed[0].subscriber, "stuck");
  for (int i = 0; i < 6; ++i) {
    OnLoop([&] { session_->OnActivity(); });
    loops_.Advance(options_.write_stall_timeout / 4);
  }
  EXPECT_EQ(transport_.closed, protocol::CloseCode::kStalled);
  EXPECT_EQ(metrics_.closed_by_stall.Value(), 1);
}

TEST_F(SessionTest, ADrainClosesWithinItsWindow) {
  OnLoop([&] { table_->Drain(seconds(20)); });
  loops_.Advance(seconds(21));
  EXPECT_EQ(transport_.closed, protocol::CloseCode::kRestart);
}

TEST_F(SessionTest, WhoseHandshakeEndsDuringADrainIsClosedWithinItToo) {
  OnLoop([&] { table_->Drain(seconds(20)); });
  loops_.Advance(seconds(5));
  testing::FakeTransport late(loop_);
  session::ConnectionHandler* handler = nullptr;
  OnLoop([&] { handler = &table_->OnOpen(late, {}); });
  loops_.Advance(seconds(16));
  EXPECT_EQ(late.closed, protocol::CloseCode::kRestart);
  OnLoop([&] { handler->OnClosed(); });
}

TEST_F(SessionTest, TheEndOfAConnectionEndsItsSubscriptionsAndForgetsLateReplies) {
  Subscribe("1");
  Subscribe("2");
  Say("a question");
  const subs::SubscriberRef ref = hub_.subscribed[0].subscriber;
  OnLoop([&] { session_->OnClosed(); });
  session_ = nullptr;
  EXPECT_EQ(hub_.unsubscribed.size(), 2u);
  EXPECT_EQ(table_->size(), 0u);
  handler_.Reply(std::vector<fetch::MessageReply>{{"late", false}});
  Deliver(ref, "late");
  EXPECT_TRUE(transport_.sent.empty());
}

TEST_F(SessionTest, APlaceThatIsUsedAgainGetsNothingOfTheOneBefore) {
  Subscribe("1");
  const subs::SubscriberRef before = hub_.subscribed[0].subscriber;
  OnLoop([&] { session_->OnClosed(); });
  testing::FakeTransport other(loop_);
  OnLoop([&] { session_ = &table_->OnOpen(other, {}); });
  Subscribe("1");
  EXPECT_EQ(hub_.subscribed[1].subscriber.session, before.session);
  Deliver(before, "for the one before");
  EXPECT_TRUE(other.sent.empty());
  EXPECT_TRUE(hub_.refreshed.empty());
}

}  // namespace
}  // namespace entitysync::session
