#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "gateway/protocol/classic.h"
#include "gateway/protocol/inflater.h"
#include "gateway/session/session_table.h"
#include "tests/testing/fake_hub.h"
#include "tests/testing/fake_source.h"
#include "tests/testing/fake_transport.h"
#include "tests/testing/manual_loops.h"

namespace entitysync::session {
namespace {

constexpr bool kPlain = false;
constexpr bool kDeflated = true;

hub::StatePtr StateOf(const base::Rows& rows) {
  auto state = std::make_shared<hub::State>();
  state->hash = base::HashRows(rows);
  state->classic = protocol::EncodeClassic(rows).frame;
  return state;
}

// One worker that compresses, with connections of which each watches one key.
class SessionCompressionTest : public ::testing::Test {
 protected:
  void MakeTable(std::optional<protocol::DeflateOptions> compression) {
    options_.compression = compression;
    options_.flush_bytes = 1'000;
    table_ = std::make_unique<SessionTable>(SessionTableOptions{.executor = loop_,
                                                                .hub = hub_,
                                                                .catalog = catalog_,
                                                                .sessions = options_,
                                                                .metrics = metrics_,
                                                                .logger = base::NullLogger(),
                                                                .connection_prefix = "r1"});
  }
  ~SessionCompressionTest() override {
    OnLoop([&] {
      for (const auto& client : clients_) client->session->OnClosed();
    });
    OnLoop([&] { table_.reset(); });
  }

  void OnLoop(base::Task task) {
    loop_.Post(std::move(task));
    loops_.RunReady();
  }

  testing::FakeTransport& Open(bool takes_deflated) {
    clients_.push_back(std::make_unique<Client>(loop_));
    Client& client = *clients_.back();
    OnLoop([&] {
      client.session =
          &table_->OnOpen(client.transport, {.secret = "", .takes_deflated = takes_deflated});
      client.session->OnMessage(R"({"action":"subscribe","body":{"entity":"items","id":"1"}})",
                                false);
    });
    return client.transport;
  }

  // Delivers to everybody, or to the connection that is the `only`th.
  void Deliver(const hub::StatePtr& state, std::optional<size_t> only = std::nullopt) {
    hub::Deliveries deliveries;
    for (size_t i = 0; i < hub_.subscribed.size(); ++i) {
      if (i == only.value_or(i)) deliveries.Add(state, hub_.subscribed[i].subscriber);
    }
    OnLoop([&] { table_->OnDeliveries(deliveries); });
  }

  // A client with its end of the connection.
  struct Client {
    explicit Client(base::Executor& loop) : transport(loop) {}
    testing::FakeTransport transport;
    ConnectionHandler* session = nullptr;
  };

  testing::ManualLoops loops_;
  base::Executor& loop_ = loops_.Add();
  testing::FakeHub hub_;
  testing::FakeSource source_;
  fetch::EntityCatalog catalog_{{{"items", {}}}, std::nullopt, {{.source = &source_}}};
  SessionOptions options_;
  prometheus::Registry registry_;
  metrics::SessionMetrics metrics_{registry_};
  std::unique_ptr<SessionTable> table_;
  std::vector<std::unique_ptr<Client>> clients_;
};

constexpr protocol::DeflateOptions kOptions{.level = 3, .min_bytes = 100};

TEST_F(SessionCompressionTest, EachClientGetsTheFormItTakesAndAStateIsCompressedOnce) {
  MakeTable(kOptions);
  auto& plain = Open(kPlain);
  auto& deflated = Open(kDeflated);
  auto& also_deflated = Open(kDeflated);
  const hub::StatePtr state = StateOf({std::string(500, 'x'), "short"});
  Deliver(state);

  ASSERT_EQ(plain.sent.size(), 1u);
  EXPECT_EQ(plain.sent[0], *state->classic);
  ASSERT_EQ(deflated.sent.size(), 1u);
  EXPECT_EQ(deflated.sent, also_deflated.sent);
  std::string_view rest = deflated.sent[0];
  protocol::Inflater inflater(1'000);
  ASSERT_EQ(inflater.Inflate(protocol::TakeMessage(rest).payload), protocol::Inflater::Result::kOk);
  EXPECT_EQ(inflater.message(), std::string(500, 'x'));
  EXPECT_EQ(protocol::TakeMessage(rest).payload, "short");
  EXPECT_EQ(metrics_.states_compressed.Value(), 1);
  EXPECT_EQ(metrics_.compression_bytes_plain.Value(), state->classic->size());
  EXPECT_EQ(metrics_.compression_bytes_deflated.Value(), deflated.sent[0].size());
}

TEST_F(SessionCompressionTest, WhoComesLaterGetsWhatWasMade) {
  MakeTable(kOptions);
  const auto& first = Open(kDeflated);
  const auto& second = Open(kDeflated);
  const hub::StatePtr state = StateOf({std::string(500, 'x')});
  Deliver(state, 0);
  Deliver(state, 1);
  EXPECT_EQ(first.sent, second.sent);
  EXPECT_EQ(metrics_.states_compressed.Value(), 1);
}

TEST_F(SessionCompressionTest, NothingIsCompressedThatNobodyTakesSo) {
  MakeTable(kOptions);
  const auto& transport = Open(kPlain);
  const hub::StatePtr state = StateOf({std::string(500, 'x')});
  Deliver(state);
  EXPECT_EQ(transport.sent[0], *state->classic);
  EXPECT_EQ(state->deflated.BytesBeside(state->classic), 0u);
  EXPECT_EQ(metrics_.states_compressed.Value(), 0);
}

TEST_F(SessionCompressionTest, WithoutCompressionNobodyGetsIt) {
  MakeTable(std::nullopt);
  const auto& transport = Open(kDeflated);
  const hub::StatePtr state = StateOf({std::string(500, 'x')});
  Deliver(state);
  EXPECT_EQ(transport.sent[0], *state->classic);
}

TEST_F(SessionCompressionTest, RoomIsMeasuredInTheFormThatIsSent) {
  MakeTable(kOptions);
  const auto& quick = Open(kDeflated);
  auto& transport = Open(kDeflated);
  transport.is_reading_peer = false;
  Deliver(StateOf({std::string(2'000, 'a')}));
  Deliver(StateOf({std::string(2'000, 'b')}));
  EXPECT_EQ(quick.sent.size(), 2u);
  EXPECT_EQ(transport.sent.size(), 2u) << "two of these, which are made, fit in 1,000 bytes";
  EXPECT_LT(transport.UnsentBytes(), 100u);
}

TEST_F(SessionCompressionTest, WhatMayHaveNoRoomIsNotCompressedForWhoDoesNotRead) {
  MakeTable(kOptions);
  auto& transport = Open(kDeflated);
  transport.is_reading_peer = false;
  Deliver(StateOf({"a"}));
  ASSERT_GT(transport.UnsentBytes(), 0u);
  for (char c = 'b'; c < 'k'; ++c) Deliver(StateOf({std::string(2'000, c)}));
  EXPECT_EQ(metrics_.states_compressed.Value(), 0);
  transport.Drain();
  OnLoop([&] { clients_[0]->session->OnWritable(); });
  EXPECT_EQ(metrics_.states_compressed.Value(), 1);
}

TEST_F(SessionCompressionTest, WhatIsReplacedBeforeItIsSentIsNotCompressed) {
  MakeTable(kOptions);
  auto& transport = Open(kDeflated);
  transport.is_reading_peer = false;
  // Rows too short to be compressed fill the transport.
  Deliver(StateOf(base::Rows(20, std::string(kOptions.min_bytes - 1, 'x'))));
  ASSERT_GE(transport.UnsentBytes(), options_.flush_bytes);
  const double before = metrics_.states_compressed.Value();
  for (int i = 0; i < 10; ++i) Deliver(StateOf({std::string(500, static_cast<char>('a' + i))}));
  EXPECT_EQ(metrics_.states_compressed.Value(), before);
  transport.Drain();
  OnLoop([&] { clients_[0]->session->OnWritable(); });
  EXPECT_EQ(metrics_.states_compressed.Value(), before + 1);
}

TEST_F(SessionCompressionTest, AStateWithoutRowsSendsNothing) {
  MakeTable(kOptions);
  const auto& transport = Open(kDeflated);
  Deliver(StateOf({}));
  EXPECT_TRUE(transport.sent.empty());
}

}  // namespace
}  // namespace entitysync::session
