// Numbers and texts of a user's that are beyond all bounds, and pings that wait for their turn.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/client/client_fixture.h"

namespace entitysync::client {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

TEST_F(ClientTest, TimesWithoutEndAreLong) {
  options_.connect_timeout = std::chrono::milliseconds::max();
  options_.request_timeout = std::chrono::milliseconds::max();
  Make();
  Settle();
  absl::Status first, second;
  client_->Request("1", std::nullopt, [&](const auto& replies) { first = replies.status(); });
  client_->Request("2", std::chrono::milliseconds::max(),
                   [&](const auto& replies) { second = replies.status(); });
  platform_.scheduler->Advance(std::chrono::hours(24 * 300));
  EXPECT_EQ(client_->connection().status, ConnectionStatus::kConnecting);
  EXPECT_TRUE(first.ok()) << first;
  EXPECT_TRUE(second.ok()) << second;
}

TEST_F(ClientTest, TimesBelowZeroAreOver) {
  Make();
  for (const auto time : {-1ms, std::chrono::milliseconds::min()}) {
    absl::Status outcome;
    client_->Request("1", time, [&](const auto& replies) { outcome = replies.status(); });
    EXPECT_TRUE(outcome.ok()) << "it is called before Request returns";
    platform_.scheduler->Advance(0s);
    EXPECT_EQ(outcome.code(), absl::StatusCode::kDeadlineExceeded);
  }
}

TEST_F(ClientTest, KeysOfSurrogatesAreNoUnicode) {
  Open();
  // Two halves of a pair, each as the three bytes that it would have were it a character.
  const std::string pair = "\xED\xA0\xBD\xED\xB8\x80";
  const auto by_id = Watch(pair);
  const auto by_type = client_->Entity(pair, "1").Subscribe([](const EntityState&) {});
  EXPECT_TRUE(Heard().empty());
  for (const auto& state :
       {client_->Entity("items", pair).Current(), client_->Entity(pair, "1").Current()}) {
    EXPECT_EQ(state->status, EntityStatus::kError);
    EXPECT_EQ(state->error.code(), absl::StatusCode::kInvalidArgument);
  }
}

class PingTest : public ClientTest {
 protected:
  // A connection on which nothing more may be sent for 25 s.
  void OpenAndExhaust() {
    Make();
    Settle();
    Say(R"({"event":"welcome","connection":"c1","heartbeatSeconds":20,)"
        R"("limits":{"messagesPerSecond":1,"messageBytes":1000000}})");
    client_->Request('"' + std::string(24 * 4'096, 'x') + '"', std::nullopt, nullptr);
    EXPECT_EQ(Heard().size(), 1u);
  }

  size_t Pings() {
    size_t pings = 0;
    for (const auto& message : Heard()) pings += message.at("action") == "ping" ? 1 : 0;
    return pings;
  }
};

TEST_F(PingTest, OnlyOneWaitsForItsTurn) {
  OpenAndExhaust();
  for (int times = 0; times < 5; ++times) client_->CheckNow();
  platform_.scheduler->Advance(25s);
  EXPECT_EQ(Pings(), 1u);
  Say(R"({"event":"pong"})");
  platform_.scheduler->Advance(10s);
  EXPECT_EQ(Pings(), 0u);
  client_->CheckNow();
  EXPECT_EQ(Pings(), 1u) << "none waits any more";
}

TEST_F(PingTest, TheOneThatWaitsHasTheLeastPatienceThatWasAsked) {
  OpenAndExhaust();
  platform_.scheduler->Advance(22s);  // The heartbeat is over, so one waits.
  client_->CheckNow();
  platform_.scheduler->Advance(3s);
  EXPECT_EQ(Pings(), 1u);
  platform_.scheduler->Advance(4s);
  EXPECT_EQ(client_->connection().status, ConnectionStatus::kOpen);
  platform_.scheduler->Advance(1s);
  EXPECT_EQ(client_->connection().status, ConnectionStatus::kWaiting);
}

TEST_F(PingTest, TheOneThatWaitedOnAnEarlierConnectionIsForgotten) {
  OpenAndExhaust();
  client_->CheckNow();
  Gateway().End(1006);
  platform_.scheduler->Advance(1s);
  Say(kWelcome);
  client_->CheckNow();
  EXPECT_EQ(Pings(), 1u);
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

}  // namespace
}  // namespace entitysync::client
