#pragma once

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/protocol/classic.h"
#include "gateway/session/session_table.h"
#include "tests/testing/fake_handler.h"
#include "tests/testing/fake_hub.h"
#include "tests/testing/fake_source.h"
#include "tests/testing/fake_transport.h"
#include "tests/testing/manual_loops.h"

namespace entitysync::session {

// A v1 connection in JSON, a hub that writes down what it is asked, and states handed in by hand.
class V1SessionTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }
  void TearDown() override {
    if (session_ != nullptr) Leave();
    OnLoop([&] { table_.reset(); });
  }

  // Connects, with the options as they are now.
  void Open(bool with_application = true) {
    if (table_ != nullptr) TearDown();
    table_ = std::make_unique<SessionTable>(
        SessionTableOptions{.executor = loop_,
                            .hub = hub_,
                            .catalog = catalog_,
                            .message_handler = with_application ? &application_ : nullptr,
                            .sessions = options_,
                            .metrics = metrics_,
                            .logger = base::NullLogger(),
                            .worker = 0,
                            .connection_prefix = "replica",
                            .seed = 1});
    OnLoop([&] {
      session_ = &table_->OnOpen(transport_, {.secret = "start", .v1 = protocol::V1Form::kJson});
    });
    welcome_ = TakeSent();
  }
  void Leave() {
    OnLoop([&] { std::exchange(session_, nullptr)->OnClosed(); });
  }

  void OnLoop(base::Task task) {
    loop_.Post(std::move(task));
    loops_.RunReady();
  }
  void Say(const std::string& text) {
    OnLoop([&] { session_->OnMessage(text, false); });
  }
  // Subscribes to the key "items", `id` with members beside these; answers where its states go.
  subs::SubscriberRef Subscribe(const std::string& id, const std::string& more = "") {
    Say(R"({"action":"subscribe","ref":1,"body":{"entity":"items","id":")" + id + "\"" + more +
        "}}");
    EXPECT_EQ(TakeSent().size(), 1u);
    return hub_.subscribed.back().subscriber;
  }

  static hub::StatePtr StateOf(const std::string& row, std::optional<uint64_t> number = {},
                               const hub::State* before = nullptr) {
    auto state = std::make_shared<hub::State>();
    state->hash = base::HashRows({row});
    state->version = number;
    state->classic = protocol::EncodeClassic({row}).frame;
    state->v1 = std::make_shared<const protocol::V1State>(
        std::make_shared<const base::EntityKey>(base::EntityKey{"items", "1"}),
        protocol::StateVersion{.number = number, .hash = state->hash}, state->classic,
        before == nullptr ? nullptr : before->v1.get());
    return state;
  }
  static hub::StatePtr Removed() {
    auto state = std::make_shared<hub::State>();
    state->kind = hub::StateKind::kRemoved;
    state->classic = protocol::EncodeClassic({}).frame;
    state->v1 = std::make_shared<const protocol::V1State>(
        std::make_shared<const base::EntityKey>(base::EntityKey{"items", "1"}),
        protocol::StateVersion{}, nullptr, nullptr);
    return state;
  }
  static hub::StatePtr Notice(hub::StateKind kind) {
    auto state = std::make_shared<hub::State>();
    state->kind = kind;
    return state;
  }
  void Deliver(const subs::SubscriberRef& to, const hub::StatePtr& state) {
    hub::Deliveries deliveries;
    deliveries.Add(state, to);
    OnLoop([&] { table_->OnDeliveries(deliveries); });
  }
  // All that waits in the transport goes out, and the session hears of it.
  void DrainTransport() {
    transport_.Drain();
    OnLoop([&] { session_->OnWritable(); });
  }

  // The events sent since it was called last.
  std::vector<std::string> TakeSent() {
    std::vector<std::string> events;
    for (const std::string& frame : std::exchange(transport_.sent, {})) {
      std::string_view rest = frame;
      while (!rest.empty()) events.emplace_back(protocol::TakeMessage(rest).payload);
    }
    return events;
  }
  // The names of those.
  std::vector<std::string> TakeNames() {
    std::vector<std::string> names;
    for (const std::string& event : TakeSent()) {
      names.emplace_back(boost::json::parse(event).at("event").as_string());
    }
    return names;
  }

  testing::ManualLoops loops_;
  base::Executor& loop_ = loops_.Add();
  testing::FakeHub hub_;
  testing::FakeSource source_;
  fetch::EntityCatalog catalog_{{{"items", {}}}, std::nullopt, {{.source = &source_}}};
  testing::FakeHandler application_;
  SessionOptions options_;
  prometheus::Registry registry_;
  metrics::SessionMetrics metrics_{registry_};
  std::unique_ptr<SessionTable> table_;
  testing::FakeTransport transport_{loop_};
  ConnectionHandler* session_ = nullptr;
  std::vector<std::string> welcome_;
};

using Strings = std::vector<std::string>;

}  // namespace entitysync::session
