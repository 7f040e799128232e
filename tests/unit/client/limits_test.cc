// Numbers and texts of a user's that are beyond all bounds, and pings that wait for their turn.

#include <gtest/gtest.h>

#include <chrono>
#include <string>

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

}  // namespace
}  // namespace entitysync::client
