// What a user's functions may do to the client that calls them, and what they hold when it is
// destroyed with them.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/client/client_fixture.h"

namespace entitysync::client {
namespace {

using std::chrono_literals::operator""s;

// Does something when the last function that holds it is destroyed.
std::shared_ptr<void> AtEnd(std::function<void()> function) {
  return {nullptr, [function = std::move(function)](void*) { function(); }};
}

TEST_F(ClientTest, RequestsMayBeGivenUpWhileTheClientIsDestroyed) {
  Open();
  std::vector<RequestHandle> handles(20);
  for (RequestHandle& handle : handles) {
    const auto end = AtEnd([&] {
      for (RequestHandle& other : handles) other.Cancel();
    });
    handle = client_->Request("1", std::nullopt,
                              [end](const auto&) { FAIL() << "the client is destroyed"; });
  }
  client_.reset();
}

TEST_F(ClientTest, EntitiesMayBeWatchedAndLeftWhileTheClientIsDestroyed) {
  Open();
  std::vector<Subscription> watches(20), late;
  for (size_t i = 0; i < watches.size(); ++i) {
    const auto end = AtEnd([&, entity = client_->Entity("late", std::to_string(i))]() mutable {
      for (Subscription& watch : watches) watch.Reset();
      for (int times = 0; times < 100; ++times) {
        late.push_back(entity.Subscribe([](const EntityState&) { FAIL(); }));
        entity = client_ == nullptr ? std::move(entity) : client_->Entity("late", "more");
      }
    });
    // Some have listeners in common, and some have been told nothing yet.
    watches[i] = client_->Entity("items", std::to_string(i / 2)).Subscribe([end](const auto&) {});
    if (i == 10) Say(StateEvent("1", "v1", "[1]"));
  }
  client_.reset();
  Settle();
  EXPECT_EQ(platform_.scheduler->pending(), 0u);
}

TEST_F(ClientTest, AListenerMayHoldTheOnlySubscriptionToItself) {
  Open();
  auto watch = std::make_shared<Subscription>();
  Subscription* const only = watch.get();
  *watch = client_->Entity("items", "1").Subscribe([watch](const EntityState&) {});
  watch.reset();
  only->Reset();
  EXPECT_EQ(client_->Entity("items", "1").Current()->status, EntityStatus::kLoading);
}

TEST_F(ClientTest, AuthenticatingWhileATokenFunctionIsDestroyedCounts) {
  options_.online = false;
  Make();
  Settle();
  {
    const auto end = AtEnd([&] { client_->Authenticate("carol", nullptr); });
    client_->Authenticate(TokenFunction([end](const TokenDone&) { FAIL() << "it is replaced"; }),
                          nullptr);
  }
  client_->Authenticate("bob", nullptr);
  client_->SetOnline(true);
  Open();
  EXPECT_EQ(Heard().at(0).at("body").at("secret"), "carol") << "the last that was given counts";
}

TEST_F(ClientTest, EverythingThatIsHeldMayReachBackWhileTheClientIsDestroyed) {
  RequestHandle handle;
  Subscription watch;
  {
    const auto end = AtEnd([&] {
      handle.Cancel();
      watch.Reset();
    });
    options_.on_connection = [end](const ConnectionState&) {};
    options_.on_error = [end](const absl::Status&) {};
    Open();
    options_ = {};
    handle = client_->Request("1", std::nullopt, [end](const auto&) { FAIL(); });
    watch = client_->Entity("items", "1").Subscribe([end](const EntityState&) {});
    client_->Authenticate(TokenFunction([end](const TokenDone&) {}),
                          [end](const absl::Status&) { FAIL(); });
    client_->Authenticate("bob", [end](const absl::Status&) { FAIL(); });
  }
  client_.reset();
  Settle();
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

}  // namespace
}  // namespace entitysync::client
