// What the conversations of tests/conformance/v1 do not show: lifetimes, functions that throw or
// end the client, what is lost on the way.

#include "entitysync/client/client.h"

#include <gtest/gtest.h>

#include <absl/strings/str_cat.h>

#include <boost/json.hpp>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/client/client_fixture.h"

namespace entitysync::client {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

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

TEST_F(ClientTest, ListenerMayEndItsSubscriptionAndOthers) {
  Open();
  Subscription first, second;
  first = client_->Entity("items", "1").Subscribe([&](const EntityState&) {
    told_.push_back("first");
    first.Reset();
    second.Reset();
  });
  second = Watch("1");
  Settle();
  Say(StateEvent("1", "v1", "[1]"));
  EXPECT_EQ(told_, Told{"first"});
  Heard();
  Say(StateEvent("1", "v2", "[2]"));
  EXPECT_EQ(told_, Told{"first"});
}

TEST_F(ClientTest, ListenerMayDestroyTheClient) {
  Open();
  const auto first =
      client_->Entity("items", "1").Subscribe([&](const EntityState&) { client_.reset(); });
  const auto second = Watch("1");
  client_->Request("1", std::nullopt, [](const auto&) { FAIL() << "it is destroyed"; });
  Settle();
  Say(StateEvent("1", "v1", "[1]"));
  EXPECT_EQ(client_, nullptr);
  EXPECT_TRUE(told_.empty()) << "nobody is called after the destructor";
  EXPECT_EQ(Gateway().closed_with, 1000);
  EXPECT_EQ(platform_.scheduler->pending(), 0u);
}

TEST_F(ClientTest, EveryOtherCallbackMayDestroyTheClient) {
  for (const std::string status : {"connecting", "open", "waiting"}) {
    options_.on_connection = [&](const ConnectionState& state) {
      if (NameOf(state.status) == status) client_.reset();
    };
    Make();
    Settle();
    if (client_ != nullptr) Say(kWelcome);
    if (client_ != nullptr) Gateway().End(1006);
    EXPECT_EQ(client_, nullptr) << status;
  }
  options_.on_connection = nullptr;
  options_.on_error = [&](const absl::Status&) { client_.reset(); };
  Open();
  Say("no json");
  EXPECT_EQ(client_, nullptr);
  options_.token = TokenFunction([&](const TokenDone&) { client_.reset(); });
  Make();
  Settle();
  EXPECT_EQ(client_, nullptr);
  EXPECT_EQ(platform_.scheduler->pending(), 0u);
}

TEST_F(ClientTest, HandlesMayOutliveTheClient) {
  Open();
  EntityHandle entity = client_->Entity("items", "1");
  auto watch = Watch("1");
  RequestHandle request = client_->Request("1", std::nullopt, [](const auto&) { FAIL(); });
  client_.reset();
  request.Cancel();
  EXPECT_EQ(entity.Current()->status, EntityStatus::kLoading);
  const auto none = entity.Subscribe([](const EntityState&) { FAIL(); });
  watch.Reset();
  Settle();
}

TEST_F(ClientTest, FunctionsThatThrowAreReportedAndHinderNobody) {
  options_.token = TokenFunction([](const TokenDone&) { throw std::runtime_error("no token"); });
  Make();
  Settle();
  ASSERT_EQ(errors_.size(), 2u);
  EXPECT_EQ(errors_[0].message(), "the token function threw: no token");
  EXPECT_EQ(errors_[1].code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(client_->connection().status, ConnectionStatus::kWaiting);

  options_.token = {};
  Make();
  Open();
  const auto bad = client_->Entity("items", "1").Subscribe([](const EntityState&) { throw 17; });
  const auto good = Watch("1");
  Settle();
  Say(StateEvent("1", "v1", "[1]"));
  EXPECT_EQ(told_, Told{"live 1"});
  EXPECT_EQ(errors_.back().message(), "a listener threw something");
}

TEST_F(ClientTest, ClosingWhileRequestsFailStaysClosed) {
  std::vector<std::string> states;
  options_.on_connection = [&](const ConnectionState& state) {
    states.push_back(NameOf(state.status));
  };
  Open();
  client_->Request("1", std::nullopt, [&](const auto&) { client_->Close(); });
  Gateway().End(1006);
  platform_.scheduler->Advance(60s);
  EXPECT_EQ(states, (Told{"connecting", "open", "closed"}));
  EXPECT_EQ(platform_.connections.size(), 1u);
}

TEST_F(ClientTest, ClosingWhileTheGatewayIsLeftStaysClosed) {
  Open();
  client_->Request("1", std::nullopt, [&](const auto&) { client_->Close(); });
  Say(R"({"event":"reconnect","afterMs":[10,10]})");
  platform_.scheduler->Advance(60s);
  EXPECT_EQ(client_->connection().status, ConnectionStatus::kClosed);
  EXPECT_EQ(platform_.connections.size(), 1u);
  EXPECT_EQ(platform_.scheduler->pending(), 0u);
}

TEST_F(ClientTest, AuthenticatingWhileRequestsFailServesTheNextAttempt) {
  Open();
  client_->Request("1", std::nullopt, [&](const auto&) { client_->Authenticate("bob", nullptr); });
  Gateway().End(1006);
  EXPECT_EQ(client_->connection().status, ConnectionStatus::kWaiting);
  EXPECT_EQ(platform_.connections.size(), 1u);
  platform_.scheduler->Advance(125ms);
  ASSERT_EQ(platform_.connections.size(), 2u);
  Say(kWelcome);
  EXPECT_EQ(Heard().at(0).at("body").at("secret"), "bob");
}

TEST_F(ClientTest, AuthenticatingWhileRequestsFailDoesNotOpenWhatIsClosedForGood) {
  absl::Status authenticated;
  Open();
  client_->Request("1", std::nullopt, [&](const auto&) {
    client_->Authenticate("bob", [&](const absl::Status& status) { authenticated = status; });
  });
  Gateway().End(4003);
  platform_.scheduler->Advance(60s);
  EXPECT_EQ(client_->connection().status, ConnectionStatus::kClosed);
  EXPECT_EQ(platform_.connections.size(), 1u);
  EXPECT_EQ(authenticated.code(), absl::StatusCode::kCancelled);
}

TEST_F(ClientTest, GoingOfflineWhileRequestsFailIsToldOnce) {
  Told states;
  options_.on_connection = [&](const ConnectionState& state) {
    states.push_back(NameOf(state.status));
  };
  Open();
  client_->Request("1", std::nullopt, [&](const auto&) { client_->SetOnline(false); });
  Gateway().End(1006);
  platform_.scheduler->Advance(60s);
  EXPECT_EQ(states, (Told{"connecting", "open", "offline"}));
  EXPECT_EQ(platform_.connections.size(), 1u);
}

TEST_F(ClientTest, NoStateIsToldAfterANewerOne) {
  Told states;
  options_.on_connection = [&](const ConnectionState& state) {
    states.push_back(NameOf(state.status));
  };
  Open();
  client_->Authenticate("mallory",
                        [&](const absl::Status&) { client_->Authenticate("alice", nullptr); });
  Gateway().End(4001);
  EXPECT_EQ(client_->connection().status, ConnectionStatus::kConnecting);
  EXPECT_EQ(states, (Told{"connecting", "open", "connecting"}));
  // And what is asked now is not refused for the sake of the older one.
  absl::Status asked;
  client_->Request("1", std::nullopt, [&](const auto& replies) { asked = replies.status(); });
  Settle();
  EXPECT_TRUE(asked.ok()) << asked;
}

TEST_F(ClientTest, RequestThatIsMadeWhileAConnectionOpensGoesOutOnceAndLast) {
  // The first credential and an entity are unfit, of which the user is told on the way.
  options_.token = "\x80";
  options_.on_error = [&](const absl::Status&) { client_->Request("1", std::nullopt, nullptr); };
  Make();
  const auto unfit = client_->Entity("items", "\x80").Subscribe([&](const EntityState&) {
    client_->Request("2", std::nullopt, nullptr);
  });
  const auto watch = Watch("1");
  Open();
  Told actions;
  for (const auto& message : Heard()) {
    actions.push_back(boost::json::value_to<std::string>(message.at("action")));
  }
  EXPECT_EQ(actions, (Told{"subscribe", "message", "message"}));
}

TEST_F(ClientTest, EveryAuthenticationIsAnsweredWhateverItsCallbackDoes) {
  Told answers;
  const auto note = [&](const char* name) {
    return [&answers, name](const absl::Status& status) {
      answers.push_back(std::string(name) + " " + absl::StatusCodeToString(status.code()));
    };
  };
  Open();
  client_->Authenticate(
      "alice", [&](const absl::Status&) { client_->Authenticate("carol", note("carol")); });
  client_->Authenticate("bob", note("bob"));
  EXPECT_EQ(Heard().back().at("body").at("secret"), "carol") << "the last that was given counts";
  EXPECT_EQ(answers, (Told{"bob ABORTED"}));
  client_->Authenticate("dave", [&](const absl::Status&) { client_->Close(); });
  client_->Authenticate("eve", note("eve"));
  Settle();
  EXPECT_EQ(answers, (Told{"bob ABORTED", "carol ABORTED", "eve CANCELLED"}));
}

TEST_F(ClientTest, ErrorsAreNotLostBecauseACallbackClosesTheClient) {
  for (const int code : {4001, 4003}) {
    errors_.clear();
    Make();
    Open();
    client_->Request("1", std::nullopt, [&](const auto&) { client_->Close(); });
    Gateway().End(code);
    Settle();
    ASSERT_EQ(errors_.size(), 1u) << code;
  }
}

TEST_F(ClientTest, RequestsThatMakeNoSenseFailAlone) {
  Open();
  for (const char* json : {"", "no", "1 2", "\"\x80\"", R"("\ud800")"}) {
    std::vector<absl::Status> outcomes;
    client_->Request(json, std::nullopt,
                     [&](const auto& replies) { outcomes.push_back(replies.status()); });
    EXPECT_TRUE(outcomes.empty()) << "it is called before Request returns";
    Settle();
    ASSERT_EQ(outcomes.size(), 1u) << json;
    EXPECT_EQ(outcomes[0].code(), absl::StatusCode::kInvalidArgument) << json;
  }
  EXPECT_TRUE(Heard().empty());
}

TEST_F(ClientTest, RequestsAreBounded) {
  Make();
  absl::Status last;
  for (size_t i = 0; i <= options_.max_requests; ++i) {
    client_->Request("1", std::nullopt, [&](const auto& replies) { last = replies.status(); });
    Settle();
    EXPECT_EQ(last.ok(), i < options_.max_requests);
  }
  EXPECT_EQ(last.code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(ClientTest, KeysThatAreNoUnicodeHurtNobodyElse) {
  Open();
  const auto bad = Watch("\x80");
  const auto good = Watch("2");
  const auto heard = Heard();
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(heard[0].at("body").as_array().size(), 1u);
  EXPECT_EQ(client_->Entity("items", "\x80").Current()->error.code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ClientTest, RatesThatMakeNoSenseAreNoLimit) {
  Open();
  const auto a = Watch("1", {.max_rate = -1});
  const auto b = Watch("2", {.max_rate = std::numeric_limits<double>::quiet_NaN()});
  const auto c = Watch("3", {.max_rate = 0.25});
  const auto heard = Heard();
  const auto& body = heard.at(0).at("body").as_array();
  EXPECT_FALSE(body[0].as_object().contains("maxRate"));
  EXPECT_FALSE(body[1].as_object().contains("maxRate"));
  EXPECT_EQ(body[2].at("maxRate"), 0.25);
}

TEST_F(ClientTest, TokenMayComeTwiceAndLate) {
  TokenDone first;
  options_.token = TokenFunction([&](TokenDone done) { first = std::move(done); });
  Make();
  Settle();
  first("one");
  first("two");
  Settle();
  EXPECT_EQ(platform_.connections.size(), 1u);
  Say(kWelcome);
  EXPECT_EQ(Heard().at(0).at("body").at("secret"), "one");
  client_.reset();
  first("three");
  Settle();
}

TEST_F(ClientTest, TokenThatFailsAfterItsConnectionHasEndedIsIgnored) {
  std::vector<TokenDone> calls;
  options_.token = TokenFunction([&](TokenDone done) { calls.push_back(std::move(done)); });
  Make();
  Settle();
  calls.at(0)("one");
  Settle();
  Say(kWelcome);
  absl::Status authenticated = absl::UnknownError("not yet");
  client_->Authenticate(std::nullopt, [&](const absl::Status& status) { authenticated = status; });
  Gateway().End(1006);
  calls.at(1)(absl::UnknownError("too late"));
  platform_.scheduler->Advance(125ms);
  calls.at(2)("three");
  Settle();
  Say(kWelcome);
  const auto heard = Heard();
  EXPECT_EQ(heard.at(0).at("body").at("secret"), "three");
  Say(absl::StrCat(R"({"event":"authenticated","ref":)", heard[0].at("ref").to_number<int>(), "}"));
  EXPECT_TRUE(authenticated.ok()) << authenticated;
  EXPECT_TRUE(errors_.empty());
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
