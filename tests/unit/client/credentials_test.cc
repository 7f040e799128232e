// Credentials: when which one is presented, and who hears of it.

#include <gtest/gtest.h>

#include <absl/strings/str_cat.h>

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "tests/unit/client/client_fixture.h"

namespace entitysync::client {
namespace {

class CredentialsTest : public ClientTest {
 protected:
  // The secrets that were presented since the last look. The last one is the one that is answered.
  Told Presented() {
    Told secrets;
    for (const auto& message : Heard()) {
      if (message.at("action") != "authenticate") continue;
      secrets.push_back(boost::json::value_to<std::string>(message.at("body").at("secret")));
      ref_ = message.at("ref").to_number<int>();
    }
    return secrets;
  }

  void Accept() { Say(absl::StrCat(R"({"event":"authenticated","ref":)", ref_, "}")); }
  void Refuse() {
    Say(absl::StrCat(R"({"event":"error","ref":)", ref_, R"(,"code":"UNAUTHENTICATED"})"));
  }

  int ref_ = 0;
};

TEST_F(CredentialsTest, AuthenticatingWithNothingIsAnsweredOnALaterConnectionToo) {
  options_.online = false;
  Make();
  Settle();
  std::vector<absl::Status> outcomes;
  client_->Authenticate(std::nullopt,
                        [&](const absl::Status& status) { outcomes.push_back(status); });
  client_->SetOnline(true);
  Open();
  EXPECT_EQ(Presented(), Told{""});
  Accept();
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_TRUE(outcomes[0].ok()) << outcomes[0];
  // Nobody waits any more, so the next connection has nothing to present.
  Gateway().End(1006);
  platform_.scheduler->Advance(std::chrono::seconds(10));
  Open();
  EXPECT_EQ(Presented(), Told{});
}

TEST_F(CredentialsTest, ACredentialThatAnErrorCallbackGivesIsPresentedOnce) {
  options_.token = "alice";
  options_.on_error = [&](const absl::Status&) { client_->Authenticate("carol", nullptr); };
  Open();
  client_->Authenticate("mallory", nullptr);
  EXPECT_EQ(Presented(), (Told{"alice", "mallory"}));
  Refuse();
  EXPECT_EQ(Presented(), Told{"carol"});
}

TEST_F(CredentialsTest, TheOneBeforeIsPresentedAgainIfNobodyGivesAnother) {
  options_.token = "alice";
  Open();
  client_->Authenticate("mallory", nullptr);
  EXPECT_EQ(Presented(), (Told{"alice", "mallory"}));
  Refuse();
  EXPECT_EQ(Presented(), Told{"alice"});
}

TEST_F(CredentialsTest, SecretsThatAreNoUnicodeAreNotPresented) {
  Open();
  // Two halves of a pair, each as the three bytes that it would have were it a character.
  for (const char* secret : {"\x80", "\xED\xA0\xBD\xED\xB8\x80"}) {
    absl::Status outcome;
    client_->Authenticate(secret, [&](const absl::Status& status) { outcome = status; });
    EXPECT_EQ(outcome.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(Presented(), Told{});
  }
}

}  // namespace
}  // namespace entitysync::client
