// What becomes of a client whose gateway loses states and names bases that it never sent.

#include <gtest/gtest.h>

#include <absl/strings/str_cat.h>

#include <boost/json.hpp>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/client/client_fixture.h"
#include "tests/unit/client/random_json.h"

namespace entitysync::client {
namespace {

using std::chrono_literals::operator""s;

// A gateway that keeps the protocol but loses things, of one entity with a history of states.
class LossyGateway {
 public:
  explicit LossyGateway(unsigned seed) : random_(seed) { Change(); }

  void Change() {
    boost::json::value next = history_.empty() || random_() % 3 == 0
                                  ? boost::json::array{RandomJson(random_, 2)}
                                  : RandomChange(random_, history_.back());
    if (!next.is_array()) next = boost::json::array{next};
    history_.push_back(next);
  }

  std::string Version(size_t number) const { return std::to_string(number) + ".v"; }
  size_t newest() const { return history_.size() - 1; }
  const boost::json::value& rows(const std::string& version) const {
    return history_.at(std::stoul(version));
  }

  std::string State() {
    sent_ = newest();
    return StateEvent("1", Version(sent_), boost::json::serialize(history_[sent_]));
  }

  // What answers a subscription.
  std::string Resume(const boost::json::object& body) {
    const auto* known = body.if_contains("known");
    if (known == nullptr || *known != boost::json::value(Version(newest()))) return State();
    sent_ = newest();
    return absl::StrCat(R"({"event":"unchanged","entity":"items","id":"1","version":")",
                        Version(sent_), "\"}");
  }

  // The newest state; or a patch, of which some are lost and some have a base of their own.
  std::string Push() {
    if (random_() % 3 == 0) return State();
    const size_t base = random_() % 5 == 0 ? random_() % history_.size() : sent_;
    const auto patch = Difference(history_[base], history_[newest()]);
    sent_ = newest();
    if (random_() % 10 == 0) return "";
    return absl::StrCat(R"({"event":"patch","entity":"items","id":"1","base":")", Version(base),
                        R"(","version":")", Version(sent_), R"(","patch":)",
                        boost::json::serialize(patch), "}");
  }

  std::mt19937& random() { return random_; }

 private:
  std::mt19937 random_;
  std::vector<boost::json::value> history_;
  size_t sent_ = 0;
};

class LossTest : public ClientTest {
 protected:
  void AnswerAll(LossyGateway& gateway) {
    for (const auto& message : Heard()) {
      if (message.at("action") != "subscribe") continue;
      Say(absl::StrCat(R"({"event":"subscribed","ref":)", message.at("ref").to_number<int>(),
                       R"(,"results":[{"code":"OK"}]})"));
      Say(gateway.Resume(message.at("body").as_array()[0].as_object()));
    }
  }

  void Reconnect() {
    Gateway().End(1006);
    platform_.scheduler->Advance(9s);
    Say(kWelcome);
  }
};

TEST_F(LossTest, AVersionNeverStandsBesideTheRowsOfAnother) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    LossyGateway gateway(seed);
    client_ = nullptr;
    Open();
    const auto check = [&](const EntityState& state) {
      if (!state.rows) return;
      boost::json::array rows;
      for (const Row& row : *state.rows) rows.push_back(boost::json::parse(row.bytes()));
      ASSERT_EQ(rows, gateway.rows(state.version)) << "seed " << seed;
    };
    const auto watch = client_->Entity("items", "1").Subscribe(check);
    AnswerAll(gateway);
    for (int step = 0; step < 60; ++step) {
      gateway.Change();
      if (const std::string event = gateway.Push(); !event.empty()) Say(event);
      AnswerAll(gateway);
      if (gateway.random()() % 10 == 0) {
        Reconnect();
        AnswerAll(gateway);
      }
    }
    Reconnect();
    AnswerAll(gateway);
    EXPECT_EQ(client_->Entity("items", "1").Current()->version, gateway.Version(gateway.newest()));
  }
  EXPECT_TRUE(errors_.empty());
}

}  // namespace
}  // namespace entitysync::client
