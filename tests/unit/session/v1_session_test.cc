#include "gateway/session/v1_session.h"

#include <gtest/gtest.h>

#include "gateway/base/limits.h"
#include "tests/unit/session/v1_fixture.h"

namespace entitysync::session {
namespace {

TEST_F(V1SessionTest, GreetsWithWhatTheClientNeedsToKnow) {
  EXPECT_EQ(welcome_, Strings{R"({"event":"welcome","connection":"replica-0-1",)"
                              R"("protocol":"entity-sync.v1.json","heartbeatSeconds":25,"limits":)"
                              R"({"messageBytes":1048576,"subscriptions":10000,)"
                              R"("subscriptionsPerMessage":1000,"messagesPerSecond":2500}})"});
  EXPECT_EQ(metrics_.connections_v1.Value(), 1);
  Leave();
  EXPECT_EQ(metrics_.connections_v1.Value(), 0);
}

TEST_F(V1SessionTest, ABatchIsAnsweredAtOnceWithAStatusPerKey) {
  options_.max_subscriptions = 2;
  Open();
  Say(R"({"action":"subscribe","ref":4,"body":[
        {"entity":"items","id":"1"},{"entity":"items","id":7},{"entity":"ufo","id":"1"},
        {"entity":"items","id":"","maxRate":1},{"entity":"items","id":"2","maxRate":-1},
        {"entity":"items","id":"2","maxRate":3,"snapshot":false},{"entity":"items","id":"3"}]})");
  const Strings sent = TakeSent();
  ASSERT_EQ(sent.size(), 1u);
  const auto event = boost::json::parse(sent[0]);
  EXPECT_EQ(event.at("ref").as_int64(), 4);
  Strings codes;
  for (const auto& result : event.at("results").as_array()) {
    codes.emplace_back(result.at("code").as_string());
    EXPECT_EQ(codes.back() == "OK", !result.as_object().contains("message")) << sent[0];
  }
  EXPECT_EQ(codes, (Strings{"OK", "INVALID_ARGUMENT", "NOT_FOUND", "INVALID_ARGUMENT",
                            "INVALID_ARGUMENT", "OK", "RESOURCE_EXHAUSTED"}));
  EXPECT_EQ(event.at("results").at(5).at("maxRate").to_number<double>(), 3);
  ASSERT_EQ(hub_.subscribed.size(), 2u);
  EXPECT_EQ(hub_.batches, 1) << "the hub gets the batch as one";
  EXPECT_TRUE(hub_.subscribed[0].snapshot);
  EXPECT_FALSE(hub_.subscribed[1].snapshot);
  EXPECT_EQ(hub_.subscribed[0].secret, "start");
}

TEST_F(V1SessionTest, WithoutARefOnlyFailuresAreTold) {
  Say(R"({"action":"subscribe","body":[{"entity":"items","id":"1"},{"entity":"ufo","id":"1"}]})");
  EXPECT_EQ(TakeSent(), Strings{R"({"event":"error","code":"NOT_FOUND","message":)"
                                R"("this gateway serves no such entity type",)"
                                R"("key":{"entity":"ufo","id":"1"}})"});
  Say(R"({"action":"unsubscribe","body":{"entity":"items","id":"1"}})");
  Say(R"({"action":"dance"})");
  EXPECT_EQ(TakeSent(), Strings{});
  EXPECT_EQ(hub_.unsubscribed.size(), 1u);
}

TEST_F(V1SessionTest, AKeyThatIsWatchedAlreadyIsWatchedAnew) {
  const auto first = Subscribe("1");
  Deliver(first, StateOf("1"));
  EXPECT_EQ(TakeNames(), Strings{"state"});
  const auto second = Subscribe("1");
  ASSERT_EQ(hub_.unsubscribed.size(), 1u);
  EXPECT_EQ(hub_.unsubscribed[0].subscriber.id, first.id);
  Deliver(second, StateOf("1"));
  EXPECT_EQ(TakeNames(), Strings{"state"}) << "it may have forgotten what it had";
}

TEST_F(V1SessionTest, AKeyNamedTwiceInAMessageIsWatchedOnce) {
  Say(R"({"action":"subscribe","ref":1,"body":[{"entity":"items","id":"1"},
         {"entity":"items","id":"2"},{"entity":"items","id":"1","snapshot":false}]})");
  ASSERT_EQ(hub_.subscribed.size(), 2u);
  EXPECT_EQ(hub_.subscribed[0].id, "2");
  EXPECT_EQ(hub_.subscribed[1].id, "1");
  EXPECT_FALSE(hub_.subscribed[1].snapshot);
}

TEST_F(V1SessionTest, NothingOfAKeyFollowsItsEnd) {
  const auto to = Subscribe("1");
  transport_.is_reading_peer = false;
  Deliver(to, StateOf("1"));
  Deliver(to, StateOf("2"));  // Waits: the transport has enough.
  Say(R"({"action":"unsubscribe","ref":2,"body":[{"entity":"items","id":"1"},
                                               {"entity":"items","id":"other"}]})");
  DrainTransport();
  Deliver(to, StateOf("3"));
  const Strings sent = TakeSent();
  EXPECT_EQ(sent.back(), R"({"event":"unsubscribed","ref":2,"keys":[{"entity":"items","id":"1"},)"
                         R"({"entity":"items","id":"other"}]})");
}

TEST_F(V1SessionTest, AnotherCredentialMovesWhatIsWatched) {
  const auto before = Subscribe("1");
  Say(R"({"action":"authenticate","ref":9,"body":{"secret":"other"}})");
  EXPECT_EQ(TakeSent(), Strings{R"({"event":"authenticated","ref":9})"});
  ASSERT_EQ(hub_.changed.size(), 1u);
  EXPECT_EQ(*hub_.changed[0].new_secret, "other");
  Deliver(before, StateOf("old"));
  Deliver(before, Notice(hub::StateKind::kPermissionDenied));
  EXPECT_EQ(TakeSent(), Strings{}) << "nothing of the old one";
  EXPECT_EQ(hub_.refreshed.size(), 2u) << "but it is asked about";
  Deliver(hub_.changed[0].subscriber, StateOf("new"));
  EXPECT_EQ(TakeNames(), Strings{"state"});
}

TEST_F(V1SessionTest, WhatWaitsUnderTheOldCredentialIsPurged) {
  const auto one = Subscribe("1");
  const auto two = Subscribe("2");
  transport_.is_reading_peer = false;
  Deliver(one, StateOf(std::string(options_.flush_bytes, '1')));  // Fills the transport.
  Deliver(one, StateOf("old"));
  Deliver(two, Notice(hub::StateKind::kStale));
  TakeSent();
  Say(R"({"action":"authenticate","ref":1,"body":{"secret":"other"}})");
  DrainTransport();
  EXPECT_EQ(TakeNames(), Strings{"authenticated"});
  ASSERT_EQ(hub_.changed.size(), 2u);
  EXPECT_TRUE(hub_.changed[0].purged);
  EXPECT_TRUE(hub_.changed[1].purged) << "it was not told that it is stale";
}

TEST_F(V1SessionTest, ARightThatIsWithdrawnEndsTheSubscription) {
  const auto to = Subscribe("1");
  Deliver(to, StateOf("1"));
  TakeSent();
  Deliver(to, Notice(hub::StateKind::kPermissionDenied));
  EXPECT_EQ(TakeSent(), Strings{R"({"event":"unsubscribed","keys":[{"entity":"items","id":"1"}],)"
                                R"("code":"PERMISSION_DENIED"})"});
  EXPECT_EQ(hub_.unsubscribed.size(), 1u);
  Deliver(to, StateOf("2"));
  EXPECT_EQ(TakeSent(), Strings{});
  EXPECT_EQ(metrics_.withdrawn.Value(), 1);
}

TEST_F(V1SessionTest, AWithdrawalPurgesWhatWaitsAndNothingComesBetween) {
  const auto to = Subscribe("1");
  transport_.is_reading_peer = false;
  Deliver(to, StateOf(std::string(options_.flush_bytes, '1')));
  TakeSent();
  Deliver(to, StateOf("2"));
  Deliver(to, Notice(hub::StateKind::kUnauthenticated));
  Deliver(to, StateOf("3"));
  Say(R"({"action":"update","ref":5,"body":{"entity":"items","id":"1","maxRate":1}})");
  DrainTransport();
  const Strings sent = TakeSent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_NE(sent[0].find("NOT_FOUND"), std::string::npos) << "it is not watched any more";
  EXPECT_EQ(sent[1], R"({"event":"unsubscribed","keys":[{"entity":"items","id":"1"}],)"
                     R"("code":"UNAUTHENTICATED"})");
}

TEST_F(V1SessionTest, AWithdrawalThatIsNotToldYetIsNoMatterOfTheNextCredential) {
  const auto to = Subscribe("1");
  transport_.is_reading_peer = false;
  Deliver(to, StateOf(std::string(options_.flush_bytes, '1')));
  TakeSent();
  Deliver(to, Notice(hub::StateKind::kPermissionDenied));
  Say(R"({"action":"authenticate","ref":1,"body":{"secret":"other"}})");
  EXPECT_EQ(hub_.unsubscribed.size(), 0u);
  ASSERT_EQ(hub_.changed.size(), 1u);
  EXPECT_TRUE(hub_.changed[0].purged);
  DrainTransport();
  EXPECT_EQ(TakeNames(), Strings{"authenticated"});
  Deliver(hub_.changed[0].subscriber, StateOf("new"));
  EXPECT_EQ(TakeNames(), Strings{"state"});
}

TEST_F(V1SessionTest, MessagesForTheApplicationAreAnsweredWithTheirRef) {
  Say(R"({"action":"message","ref":1,"body":{"a": 1}})");
  Say(R"({"action":"message","ref":2,"body":"two"})");
  ASSERT_EQ(application_.messages.size(), 1u) << "one at a time";
  EXPECT_EQ(application_.messages[0].data, R"({"a": 1})");
  EXPECT_EQ(*application_.messages[0].secret, "start");
  application_.Reply(std::vector<fetch::MessageReply>{{.data = "[1]"}, {.data = "no json"}});
  loops_.RunReady();
  ASSERT_EQ(application_.messages.size(), 2u);
  application_.Reply(absl::UnavailableError("away"));
  loops_.RunReady();
  EXPECT_EQ(TakeSent(),
            (Strings{R"({"event":"reply","ref":1,"replies":[[1],{"$base64":"bm8ganNvbg=="}]})",
                     R"({"event":"error","ref":2,"code":"UNAVAILABLE",)"
                     R"("message":"the application did not do it; the code says why"})"}));
}

TEST_F(V1SessionTest, WithoutAnApplicationMessagesAreRefused) {
  Open(false);
  Say(R"({"action":"message","ref":1,"body":{}})");
  EXPECT_EQ(TakeSent(), Strings{R"({"event":"error","ref":1,"code":"UNIMPLEMENTED",)"
                                R"("message":"no application takes messages here"})"});
}

TEST_F(V1SessionTest, AnswersPingsAndSaysWhatItDoesNotKnow) {
  Say(R"({"action":"ping","ref":3})");
  Say(R"({"action":"dance","ref":4})");
  Say(R"({"action":"authenticate","ref":5,"body":{"secret":7}})");
  const Strings sent = TakeSent();
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(sent[0], R"({"event":"pong","ref":3})");
  EXPECT_NE(sent[1].find(R"("ref":4,"code":"UNIMPLEMENTED")"), std::string::npos) << sent[1];
  EXPECT_NE(sent[2].find(R"("ref":5,"code":"INVALID_ARGUMENT")"), std::string::npos) << sent[2];
  EXPECT_FALSE(transport_.closed.has_value());
}

TEST_F(V1SessionTest, WhatMakesNoSenseIsTheLastMessage) {
  transport_.is_reading_peer = false;
  Say("{");
  EXPECT_FALSE(transport_.closed.has_value()) << "the error goes first";
  Say(R"({"action":"ping","ref":1})");
  DrainTransport();
  EXPECT_EQ(transport_.closed, protocol::CloseCode::kNotUnderstood);
  EXPECT_EQ(TakeNames(), Strings{"error"});
}

TEST_F(V1SessionTest, AClientThatDoesNotReadItsAnswersIsReadNoFurther) {
  options_.reply_queue_bytes = 40'000;
  options_.flush_bytes = 1'000;
  Open();
  transport_.is_reading_peer = false;
  int asked = 0;
  while (transport_.is_reading && asked < 10'000) {
    Say(R"({"action":"ping","ref":)" + std::to_string(++asked) + "}");
  }
  EXPECT_LT(asked, 1'000);
  EXPECT_FALSE(transport_.closed.has_value());
  while (!transport_.is_reading) DrainTransport();
  EXPECT_EQ(TakeSent().size(), static_cast<size_t>(asked)) << "nothing is lost";
}

TEST_F(V1SessionTest, OneLongAnswerEndsNothing) {
  options_.reply_queue_bytes = 1'000;
  Open();
  transport_.is_reading_peer = false;
  std::string body;
  for (int i = 0; i < 100; ++i) {
    body += R"(,{"entity":"items","id":"a key with some length )" + std::to_string(i) + "\"}";
  }
  Say(R"({"action":"subscribe","ref":1,"body":[)" + body.substr(1) + "]}");
  EXPECT_FALSE(transport_.closed.has_value());
  DrainTransport();
  EXPECT_EQ(TakeNames(), Strings{"subscribed"});
}

TEST_F(V1SessionTest, ASecretThatIsTooLongIsRefused) {
  Say(R"({"action":"authenticate","ref":1,"body":{"secret":")" +
      std::string(base::limits::kMaxSecretBytes + 1, 'x') + "\"}}");
  EXPECT_EQ(TakeNames(), Strings{"error"});
  Subscribe("1");
  EXPECT_EQ(hub_.subscribed[0].secret, "start");
}

TEST_F(V1SessionTest, WhatOnlyLibrariesSayStaysInside) {
  absl::Status away = absl::UnavailableError("application \"shop\": 10.0.3.7:50051 refused");
  away.SetPayload(fetch::kApplicationText, absl::Cord("10.0.3.7:50051 refused"));
  absl::Status chosen = absl::FailedPreconditionError("application \"shop\": sold out");
  chosen.SetPayload(fetch::kApplicationText, absl::Cord("sold out"));
  for (const absl::Status& status : {away, chosen}) {
    Say(R"({"action":"message","ref":1,"body":1})");
    application_.Reply(status);
    loops_.RunReady();
  }
  EXPECT_EQ(TakeSent(), (Strings{R"({"event":"error","ref":1,"code":"UNAVAILABLE",)"
                                 R"("message":"the application did not do it; the code says why"})",
                                 R"({"event":"error","ref":1,"code":"FAILED_PRECONDITION",)"
                                 R"("message":"sold out"})"}));
}

TEST_F(V1SessionTest, ABadKeyOfAnUnsubscribeIsTold) {
  Subscribe("1");
  Say(R"({"action":"unsubscribe","ref":1,"body":[{"entity":"items","id":{}},
                                               {"entity":"items","id":"1"}]})");
  const Strings sent = TakeSent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_NE(sent[0].find("INVALID_ARGUMENT"), std::string::npos);
  EXPECT_EQ(sent[1], R"({"event":"unsubscribed","ref":1,"keys":[{"entity":"items","id":"1"}]})");
  EXPECT_EQ(hub_.unsubscribed.size(), 1u);
}

TEST_F(V1SessionTest, ADrainIsAnnouncedAndLeavesTheClientItsMoment) {
  OnLoop([&] { table_->Drain(std::chrono::seconds(2)); });
  EXPECT_EQ(TakeSent(), Strings{R"({"event":"reconnect","afterMs":[0,2000]})"});
  loops_.Advance(std::chrono::milliseconds(1'750));
  EXPECT_FALSE(transport_.closed.has_value());
  loops_.Advance(std::chrono::milliseconds(350));
  EXPECT_EQ(transport_.closed, protocol::CloseCode::kRestart);
}

}  // namespace
}  // namespace entitysync::session
