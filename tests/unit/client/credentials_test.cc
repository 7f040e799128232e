// Credentials: when which one is presented, and who hears of it.

#include <gtest/gtest.h>

#include <absl/strings/str_cat.h>

#include <boost/json.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/client/client_fixture.h"

namespace entitysync::client {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

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

TEST_F(CredentialsTest, AuthenticatingWhileRequestsFailServesTheNextAttempt) {
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

TEST_F(CredentialsTest, AuthenticatingWhileRequestsFailDoesNotOpenWhatIsClosedForGood) {
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

TEST_F(CredentialsTest, EveryAuthenticationIsAnsweredWhateverItsCallbackDoes) {
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

TEST_F(CredentialsTest, TokenMayComeTwiceAndLate) {
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

TEST_F(CredentialsTest, TokenThatFailsAfterItsConnectionHasEndedIsIgnored) {
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

}  // namespace
}  // namespace entitysync::client
