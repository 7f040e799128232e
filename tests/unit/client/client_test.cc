// What the conversations of tests/conformance/v1 do not show of a client and its entities. Its
// neighbours have the rest: reentrancy, credentials, limits, losses.

#include "entitysync/client/client.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/client/client_fixture.h"

namespace entitysync::client {
namespace {

TEST_F(ClientTest, RowsAreTheTextThatCame) {
  Open();
  const auto watch = Watch("1");
  Settle();
  Say(StateEvent("1", "v1", R"([{"a" : 1.50}, 123456789012345678901234567890])"));
  Say(R"({"event":"patch","entity":"items","id":"1","base":"v1","version":"v2",)"
      R"("patch":[{"op":"add","path":"/0/b","value":2e0}]})");
  EXPECT_EQ(told_, (Told{R"(live {"a" : 1.50} 123456789012345678901234567890)",
                         R"(live {"a":1.50,"b":2e0} 123456789012345678901234567890)"}));
}

TEST_F(ClientTest, RowsThatStayTheSameShareTheirBytes) {
  Open();
  const auto watch = Watch("1");
  Settle();
  Say(StateEvent("1", "v1", R"([{"a":1},{"b":2}])"));
  const auto before = client_->Entity("items", "1").Current();
  Say(R"({"event":"patch","entity":"items","id":"1","base":"v1","version":"v2",)"
      R"("patch":[{"op":"add","path":"/0","value":0}]})");
  const auto after = client_->Entity("items", "1").Current();
  EXPECT_EQ(&(*after->rows)[2].bytes(), &(*before->rows)[1].bytes());
  EXPECT_EQ(Shown(*before), R"(live {"a":1} {"b":2})") << "what was shown is never changed";
}

TEST_F(ClientTest, NobodyIsCalledBackBeforeTheTaskEnds) {
  std::vector<std::string> states;
  options_.on_connection = [&](const ConnectionState& state) {
    states.push_back(NameOf(state.status));
  };
  Make();
  EXPECT_TRUE(states.empty());
  EXPECT_TRUE(platform_.connections.empty());
  Open();
  EXPECT_EQ(states, (Told{"connecting", "open"}));
  client_->Close();
  EXPECT_EQ(states.back(), "closed");
  EXPECT_EQ(Gateway().closed_with, 1000);
}

TEST_F(ClientTest, ClosedBeforeItBegan) {
  Make();
  client_->Close();
  Settle();
  EXPECT_TRUE(platform_.connections.empty());
  EXPECT_EQ(platform_.scheduler->pending(), 0u);
}

TEST_F(ClientTest, OfflineFromTheStart) {
  options_.online = false;
  Make();
  Settle();
  EXPECT_EQ(client_->connection().status, ConnectionStatus::kOffline);
  EXPECT_TRUE(platform_.connections.empty());
  client_->SetOnline(true);
  EXPECT_EQ(platform_.connections.size(), 1u);
}

TEST_F(ClientTest, WhoJoinsBetweenIsToldOnce) {
  Open();
  const auto first = Watch("1");
  Settle();
  Say(StateEvent("1", "v1", "[1]"));
  const auto second = Watch("1");
  // Before the task's end is seen the state changes.
  Gateway().Text(StateEvent("1", "v2", "[2]"));
  Settle();
  EXPECT_EQ(told_, (Told{"live 1", "live 2", "live 2"}));
}

TEST_F(ClientTest, AnswersSayNothingAboutWhatWasSubscribedToAnew) {
  Open();
  const auto silent =
      client_->Entity("items", "1").Subscribe([](const EntityState&) {}, {.snapshot = false});
  Settle();
  const auto watch = Watch("1");
  Settle();
  Say(R"({"event":"subscribed","ref":1,"results":[{"code":"NOT_FOUND"}]})");
  EXPECT_EQ(told_, Told{});
  Say(R"({"event":"subscribed","ref":2,"results":[{"code":"OK"}]})");
  Say(StateEvent("1", "v1", "[1]"));
  EXPECT_EQ(told_, Told{"live 1"});
}

TEST_F(ClientTest, UnreadableEventsAreReportedWithoutTheirText) {
  Open();
  Say(R"({"event":"state","entity":"items","id":"1","rows":["secret"]})");
  ASSERT_EQ(errors_.size(), 1u);
  EXPECT_EQ(errors_[0].code(), absl::StatusCode::kInternal);
  EXPECT_EQ(errors_[0].message().find("secret"), absl::string_view::npos);
  EXPECT_EQ(client_->connection().status, ConnectionStatus::kOpen);
}

}  // namespace
}  // namespace entitysync::client
