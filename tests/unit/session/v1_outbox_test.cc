#include "gateway/session/v1_outbox.h"

#include <gtest/gtest.h>

#include "tests/unit/session/v1_fixture.h"

namespace entitysync::session {
namespace {

using std::chrono::milliseconds;

// What V1Session sends of the states it is handed.
class V1OutboxTest : public V1SessionTest {
 protected:
  static std::string VersionOf(const hub::StatePtr& state) {
    return protocol::WriteVersion(state->v1->version());
  }
  static std::string Row(int n) {
    return R"({"n":)" + std::to_string(n) + R"(,"t":")" + std::string(500, 'x') + "\"}";
  }
};

TEST_F(V1OutboxTest, SendsEachContentOnce) {
  const auto to = Subscribe("1");
  Deliver(to, StateOf("1", 7));
  EXPECT_EQ(TakeSent(), Strings{R"({"event":"state","entity":"items","id":"1","version":")" +
                                VersionOf(StateOf("1", 7)) + R"(","rows":[1]})"});
  Deliver(to, StateOf("1", 8));
  EXPECT_EQ(TakeSent(), Strings{});
  Deliver(to, Removed());
  EXPECT_EQ(TakeNames(), Strings{"removed"});
}

TEST_F(V1OutboxTest, WhatTheClientHasIsConfirmedByItsName) {
  const std::string known = VersionOf(StateOf("1", 5));
  const auto to = Subscribe("1", R"(,"known":")" + known + "\"");
  Deliver(to, StateOf("1", 9));
  EXPECT_EQ(TakeSent(), Strings{R"({"event":"unchanged","entity":"items","id":"1","version":")" +
                                known + "\"}"});
  Deliver(to, StateOf("1", 10));
  EXPECT_EQ(TakeSent(), Strings{}) << "once is enough";
}

TEST_F(V1OutboxTest, AnythingElseThatItNamesBringsTheState) {
  for (const std::string& known : {VersionOf(StateOf("2", 99)), std::string("nonsense")}) {
    const auto to = Subscribe("1", R"(,"patches":true,"known":")" + known + "\"");
    Deliver(to, StateOf("1", 9));
    EXPECT_EQ(TakeNames(), Strings{"state"}) << known;
  }
}

TEST_F(V1OutboxTest, ARemovedEntityCanBeKnownToo) {
  const auto to = Subscribe("1", R"(,"known":".00000000000000000000000000000000")");
  Deliver(to, Removed());
  EXPECT_EQ(TakeNames(), Strings{"unchanged"});
}

TEST_F(V1OutboxTest, APatchLeadsFromWhatWasSentLast) {
  const auto one = StateOf(Row(1), 1);
  const auto two = StateOf(Row(2), 2, one.get());
  const auto three = StateOf(Row(3), 3, two.get());
  const auto to = Subscribe("1", R"(,"patches":true)");
  Deliver(to, one);
  EXPECT_EQ(TakeNames(), Strings{"state"});
  transport_.is_reading_peer = false;
  Deliver(to, two);
  EXPECT_EQ(TakeNames(), Strings{"patch"});
  transport_.is_reading_peer = true;
  Deliver(to, three);
  EXPECT_EQ(TakeSent(), Strings{R"({"event":"patch","entity":"items","id":"1","base":")" +
                                VersionOf(two) + R"(","version":")" + VersionOf(three) +
                                R"(","patch":[{"op":"replace","path":"/0/n","value":3}]})"});
  EXPECT_EQ(metrics_.patches_sent.Value(), 2);
  EXPECT_EQ(metrics_.states_sent.Value(), 3);
}

TEST_F(V1OutboxTest, TheBaseIsWhatWasSentNotWhatWasHandedOver) {
  const auto one = StateOf(Row(1), 1);
  const auto two = StateOf(Row(2), 2, one.get());
  const auto three = StateOf(Row(3), 3, two.get());
  const auto to = Subscribe("1", R"(,"patches":true)");
  const auto filler = Subscribe("filler");
  Deliver(to, one);
  transport_.is_reading_peer = false;
  Deliver(filler, StateOf(std::string(options_.flush_bytes, 'x')));
  TakeSent();
  Deliver(to, two);  // Waits, and is replaced.
  Deliver(to, three);
  DrainTransport();
  const Strings sent = TakeSent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_NE(sent[0].find(R"("base":")" + VersionOf(one)), std::string::npos) << sent[0];
}

TEST_F(V1OutboxTest, WhatAClientOnlyClaimsToHaveIsNoBase) {
  const auto one = StateOf(Row(1), 1);
  const auto two = StateOf(Row(2), 2, one.get());
  const auto three = StateOf(Row(3), 3, two.get());
  const std::string known = R"(,"patches":true,"known":")" + VersionOf(one) + "\"";
  Deliver(Subscribe("1", known), two);
  EXPECT_EQ(TakeNames(), Strings{"state"});
  const auto confirmed = Subscribe("1", known);
  Deliver(confirmed, one);
  Deliver(confirmed, two);
  EXPECT_EQ(TakeNames(), (Strings{"unchanged", "patch"})) << "confirmed, it is one";
}

TEST_F(V1OutboxTest, PatchesCanBeSwitchedOnAndOffLive) {
  const auto one = StateOf(Row(1), 1);
  const auto two = StateOf(Row(2), 2, one.get());
  const auto three = StateOf(Row(3), 3, two.get());
  const auto to = Subscribe("1");
  Deliver(to, one);
  Say(R"({"action":"update","ref":1,"body":{"entity":"items","id":"1","patches":true}})");
  EXPECT_EQ(hub_.patches_wanted, Strings{"1"});
  Deliver(to, two);
  Say(R"({"action":"update","ref":2,"body":{"entity":"items","id":"1","patches":false}})");
  Deliver(to, three);
  EXPECT_EQ(TakeNames(), (Strings{"state", "updated", "patch", "updated", "state"}));
}

TEST_F(V1OutboxTest, StaleEndsWithAStateOrThatNothingChanged) {
  const auto to = Subscribe("1");
  Deliver(to, StateOf("1", 1));
  TakeSent();
  Deliver(to, Notice(hub::StateKind::kStale));
  EXPECT_EQ(TakeSent(), Strings{R"({"event":"stale","entity":"items","id":"1"})"});
  Deliver(to, StateOf("1", 1));
  EXPECT_EQ(TakeNames(), Strings{"unchanged"});
  Deliver(to, Notice(hub::StateKind::kStale));
  Deliver(to, StateOf("2", 2));
  EXPECT_EQ(TakeNames(), (Strings{"stale", "state"}));
}

TEST_F(V1OutboxTest, StaleIsToldAfterTheStateThatItConcernsAndNotAfterALaterOne) {
  const auto to = Subscribe("1");
  transport_.is_reading_peer = false;
  Deliver(to, StateOf(std::string(options_.flush_bytes, 'x')));
  TakeSent();
  Deliver(to, StateOf("1", 1));
  Deliver(to, Notice(hub::StateKind::kStale));
  DrainTransport();
  DrainTransport();
  EXPECT_EQ(TakeNames(), (Strings{"state", "stale"}));
  Deliver(to, StateOf(std::string(options_.flush_bytes, 'y')));
  TakeSent();
  Deliver(to, Notice(hub::StateKind::kStale));
  Deliver(to, StateOf("2", 2));
  DrainTransport();
  DrainTransport();
  EXPECT_EQ(TakeNames(), Strings{"state"});
}

TEST_F(V1OutboxTest, ARateLetsTheFirstAndTheLastThrough) {
  const auto to = Subscribe("1", R"(,"maxRate":2)");
  int n = 0;
  Deliver(to, StateOf(std::to_string(++n)));
  EXPECT_EQ(TakeNames(), Strings{"state"}) << "at once";
  size_t sent = 0;
  for (int i = 0; i < 100; ++i) {  // For one second.
    Deliver(to, StateOf(std::to_string(++n)));
    loops_.Advance(milliseconds(10));
    sent += TakeSent().size();
  }
  EXPECT_LE(sent, 2u);
  EXPECT_GE(sent, 1u);
  Deliver(to, StateOf("\"the last\""));
  TakeSent();
  loops_.Advance(milliseconds(600));
  const Strings last = TakeSent();
  ASSERT_EQ(last.size(), 1u);
  EXPECT_NE(last[0].find("the last"), std::string::npos);
}

TEST_F(V1OutboxTest, ARateCanBeChangedLive) {
  const auto to = Subscribe("1", R"(,"maxRate":0.01)");
  Deliver(to, StateOf("1"));
  Deliver(to, StateOf("2"));
  EXPECT_EQ(TakeNames(), Strings{"state"});
  Say(R"({"action":"update","ref":1,"body":{"entity":"items","id":"1","maxRate":10}})");
  EXPECT_EQ(TakeSent(),
            Strings{R"({"event":"updated","ref":1,"entity":"items","id":"1","maxRate":10})"});
  loops_.Advance(milliseconds(110));
  EXPECT_EQ(TakeNames(), Strings{"state"});
  Deliver(to, StateOf("3"));
  EXPECT_EQ(TakeNames(), Strings{});
  Say(R"({"action":"update","ref":2,"body":{"entity":"items","id":"1","maxRate":0}})");
  EXPECT_EQ(TakeNames(), (Strings{"updated", "state"})) << "no limit, no wait";
  Say(R"({"action":"update","ref":3,"body":{"entity":"items","id":"1","maxRate":-1}})");
  Say(R"({"action":"update","ref":4,"body":{"entity":"items","id":"2"}})");
  EXPECT_EQ(TakeNames(), (Strings{"error", "error"}));
}

TEST_F(V1OutboxTest, ARateCountsFromTheLastStateWhateverTheRateWasThen) {
  const auto to = Subscribe("1");
  Deliver(to, StateOf("1"));
  Say(R"({"action":"update","body":{"entity":"items","id":"1","maxRate":1}})");
  Deliver(to, StateOf("2"));
  EXPECT_EQ(TakeNames(), Strings{"state"});
  loops_.Advance(milliseconds(1'010));
  EXPECT_EQ(TakeNames(), Strings{"state"});
}

TEST_F(V1OutboxTest, AStateThatIsHeldBackDoesNotHideThatTheApplicationIsAway) {
  const auto to = Subscribe("1", R"(,"maxRate":1)");
  Deliver(to, StateOf("1"));
  Deliver(to, StateOf("2"));
  TakeSent();
  Deliver(to, Notice(hub::StateKind::kStale));
  EXPECT_EQ(TakeNames(), Strings{"stale"}) << "at once";
  loops_.Advance(milliseconds(1'010));
  EXPECT_EQ(TakeNames(), (Strings{"state", "stale"})) << "it still is";
  Deliver(to, StateOf("2"));
  EXPECT_EQ(TakeNames(), Strings{"unchanged"});
  // One that comes when the application is back ends it.
  Deliver(to, StateOf("3"));
  Deliver(to, Notice(hub::StateKind::kStale));
  Deliver(to, StateOf("4"));
  loops_.Advance(milliseconds(1'010));
  EXPECT_EQ(TakeNames(), (Strings{"stale", "state"}));
}

TEST_F(V1OutboxTest, TheServerMayCapARate) {
  options_.max_state_rate = 5;
  Open();
  Say(R"({"action":"subscribe","ref":1,"body":[{"entity":"items","id":"1"},
         {"entity":"items","id":"2","maxRate":2},{"entity":"items","id":"3","maxRate":50}]})");
  const auto results = boost::json::parse(TakeSent().at(0)).at("results").as_array();
  EXPECT_EQ(results.at(0).at("maxRate").to_number<double>(), 5);
  EXPECT_EQ(results.at(1).at("maxRate").to_number<double>(), 2);
  EXPECT_EQ(results.at(2).at("maxRate").to_number<double>(), 5);
}

TEST_F(V1OutboxTest, AStateHeldBackDoesNotGoToWhoComesNext) {
  const auto to = Subscribe("1", R"(,"maxRate":1)");
  Deliver(to, StateOf("1"));
  Deliver(to, StateOf("2"));
  Say(R"({"action":"unsubscribe","body":{"entity":"items","id":"1"}})");
  TakeSent();
  const auto next = Subscribe("1", R"(,"maxRate":1)");
  EXPECT_EQ(next.slot, to.slot);
  loops_.Advance(milliseconds(1'500));
  EXPECT_EQ(TakeSent(), Strings{});
  Deliver(next, StateOf("3"));
  EXPECT_EQ(TakeNames(), Strings{"state"});
}

TEST_F(V1OutboxTest, ChurnLeavesNothingBehind) {
  for (int i = 0; i < 3'000; ++i) {
    const auto to = Subscribe("1", R"(,"maxRate":0.001)");
    Deliver(to, StateOf("1"));
    Deliver(to, StateOf("2"));
    if (i % 2 == 0) {
      Say(R"({"action":"update","body":{"entity":"items","id":"1","maxRate":0.01}})");
    }
    Say(R"({"action":"unsubscribe","body":{"entity":"items","id":"1"}})");
    loops_.Advance(milliseconds(2));
    TakeSent();
  }
  EXPECT_EQ(hub_.subscribed.size(), hub_.unsubscribed.size());
  loops_.Advance(std::chrono::hours(1));
  EXPECT_EQ(TakeSent(), Strings{}) << "no ghosts";
}

}  // namespace
}  // namespace entitysync::session
