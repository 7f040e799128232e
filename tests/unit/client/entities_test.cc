// Entities whose events cross with what the client says, and those that nobody watches any more.

#include <gtest/gtest.h>

#include <absl/strings/str_cat.h>

#include <boost/json.hpp>
#include <chrono>
#include <string>

#include "tests/unit/client/client_fixture.h"

namespace entitysync::client {
namespace {

using std::chrono_literals::operator""s;

constexpr char kSlowWelcome[] =
    R"({"event":"welcome","connection":"c1","limits":{"messagesPerSecond":1}})";

constexpr char kSubscribed[] = R"({"event":"subscribed","ref":1,"results":[{"code":"OK"}]})";

class EntitiesTest : public ClientTest {
 protected:
  EntityStatus Status(const std::string& id) {
    return client_->Entity("items", id).Current()->status;
  }

  // Watches an entity on a connection that then has no room for what is said next.
  Subscription WatchWithoutRoom() {
    Make();
    Settle();
    auto watch = Watch("1");
    Say(kSlowWelcome);
    Say(StateEvent("1", "v1", "[1]"));
    client_->Request("1", std::nullopt, nullptr);
    EXPECT_EQ(Heard().size(), 1u);
    return watch;
  }
};

TEST_F(EntitiesTest, ErrorsInAnswerToAnUpdateAreNobodysBusiness) {
  Open();
  const auto slow = Watch("1", {.max_rate = 1});
  Settle();
  Say(kSubscribed);
  const auto fast = Watch("1", {.max_rate = 2});
  const auto update = Heard().at(1);
  ASSERT_EQ(update.at("action"), "update");
  Say(R"({"event":"unsubscribed","keys":[{"entity":"items","id":"1"}]})");
  Say(absl::StrCat(R"({"event":"error","ref":)", update.at("ref").to_number<int>(),
                   R"(,"code":"NOT_FOUND","message":"it is not watched"})"));
  EXPECT_EQ(errors_, std::vector<absl::Status>());
  EXPECT_EQ(Status("1"), EntityStatus::kDenied);
}

TEST_F(EntitiesTest, WhatNobodyWatchesIsForgottenWhenTheConnectionEnds) {
  auto watch = WatchWithoutRoom();
  watch.Reset();
  Settle();
  Gateway().End(1006);
  EXPECT_EQ(Status("1"), EntityStatus::kLoading);
  // So it is a new one, of which nothing is known.
  watch = Watch("1");
  platform_.scheduler->Advance(10s);
  Say(kSlowWelcome);
  const auto heard = Heard();
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_FALSE(heard[0].at("body").as_array().at(0).as_object().contains("known"));
  EXPECT_EQ(told_, Told{"live 1"});
  Say(StateEvent("1", "v2", "[2]"));
  EXPECT_EQ(told_, (Told{"live 1", "live 2"}));
}

TEST_F(EntitiesTest, WhatNobodyWatchesIsForgottenWhenTheClientIsRefusedOrClosed) {
  for (const int code : {1000, 4001}) {
    auto watch = WatchWithoutRoom();
    watch.Reset();
    Settle();
    Gateway().End(code);
    EXPECT_EQ(Status("1"), EntityStatus::kLoading) << code;

    // What is left only then is kept until the turn ends.
    watch = WatchWithoutRoom();
    Gateway().End(code);
    EXPECT_EQ(Status("1"), EntityStatus::kLive) << code;
    watch.Reset();
    Settle();
    EXPECT_EQ(Status("1"), EntityStatus::kLoading) << code;
  }
}

TEST_F(EntitiesTest, WhatIsWithdrawnIsDeniedWhateverTheCode) {
  Open();
  const auto watch = Watch("1");
  Settle();
  Say(kSubscribed);
  Say(StateEvent("1", "v1", "[1]"));
  Say(R"({"event":"unsubscribed","code":"NOT_FOUND","keys":[{"entity":"items","id":"1"}]})");
  EXPECT_EQ(told_, (Told{"live 1", "denied"}));
  const auto state = client_->Entity("items", "1").Current();
  EXPECT_EQ(state->error.code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(state->version.empty());
}

TEST_F(EntitiesTest, TheCodeOfAnAnswerTellsDeniedFromError) {
  Open();
  const auto first = Watch("1"), second = Watch("2"), third = Watch("3");
  Settle();
  Say(R"({"event":"subscribed","ref":1,"results":[{"code":"NOT_FOUND"},)"
      R"({"code":"PERMISSION_DENIED"},{"code":"UNAUTHENTICATED"}]})");
  EXPECT_EQ(told_, (Told{"error", "denied", "denied"}));
}

}  // namespace
}  // namespace entitysync::client
