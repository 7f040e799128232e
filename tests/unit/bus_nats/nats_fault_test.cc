// What the link does when the server is away, killed, paused or cut off.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <latch>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "entitysync/gateway/bus_contract_client.h"
#include "gateway/bus_nats/nats_link.h"
#include "tests/testing/eventually.h"
#include "tests/testing/nats_server.h"
#include "tests/testing/tcp_gate.h"

namespace entitysync::bus_nats {
namespace {

using bus::ContractClient;
using bus::ContractMessage;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Eventually;
using testing::NatsServer;
using testing::TcpGate;

// Impatient, so that the tests are quick; the relations are those of the defaults.
NatsLinkOptions Options(const std::string& url) {
  NatsLinkOptions options;
  options.urls = {url};
  options.connect_timeout = milliseconds(500);
  options.write_deadline = milliseconds(300);
  options.ping_interval = milliseconds(300);
  options.reconnect_wait = milliseconds(50);
  options.reconnect_jitter = milliseconds(50);
  options.rebuild_wait_min = milliseconds(50);
  options.rebuild_wait_max = milliseconds(500);
  return options;
}

// Whether it was connected anew since it had that number. Where a busy server made it happen before
// by itself, counts from the start would mislead.
bool WaitForConnectionAfter(const ContractClient& client, uint64_t connection) {
  return Eventually([&] { return client.Connection() > connection; });
}

std::unique_ptr<ContractClient> NewClient(NatsLinkOptions options) {
  auto client = std::make_unique<ContractClient>(
      std::make_unique<NatsLink>(std::move(options), base::NullLogger()), "sync");
  EXPECT_TRUE(client->Start({"change.>", "ack"}).ok());
  return client;
}

TEST(NatsFault, AServerThatComesLateIsFound) {
  NatsServer server(NatsServer::Options{.start = false});
  const auto client = NewClient(Options(server.Url()));
  EXPECT_EQ(client->Publish("change.a", "x").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(client->Connection(), 0u);
  EXPECT_EQ(client->Record().connects, 0u);
  ASSERT_TRUE(server.Start());
  EXPECT_TRUE(client->WaitForConnects(1));
  EXPECT_TRUE(client->WaitForEcho());
  EXPECT_EQ(client->Disconnects(), 0u);
}

TEST(NatsFault, AKilledServerIsFoundAgainEveryTime) {
  NatsServer server;
  const auto client = NewClient(Options(server.Url()));
  for (int round = 1; round <= 3; ++round) {
    ASSERT_TRUE(client->WaitForEcho());
    const uint64_t connection = client->Connection();
    const uint64_t disconnects = client->Disconnects();
    server.Kill();
    ASSERT_TRUE(client->WaitForDisconnects(disconnects + 1));
    ASSERT_TRUE(server.Start());
    ASSERT_TRUE(WaitForConnectionAfter(*client, connection));
  }
}

TEST(NatsFault, APausedServerIsNoticedByItsSilence) {
  NatsServer server;
  const auto client = NewClient(Options(server.Url()));
  ASSERT_TRUE(client->WaitForEcho());
  const uint64_t connection = client->Connection();
  const uint64_t disconnects = client->Disconnects();
  server.Pause();
  EXPECT_TRUE(client->WaitForDisconnects(disconnects + 1))
      << "nobody publishes: the pings must tell";
  EXPECT_TRUE(Eventually(
      [&] { return client->Publish("change.a", "x").code() == absl::StatusCode::kUnavailable; }));
  server.Resume();
  EXPECT_TRUE(WaitForConnectionAfter(*client, connection));
  EXPECT_TRUE(client->WaitForEcho());
}

// Fills the socket of a paused server. cnats blocks in its write for as long as this test lasts;
// callers do not: they get their answer, from a full queue, while the link still stands.
TEST(NatsFault, PublishNeverBlocks) {
  NatsServer server;
  NatsLinkOptions options = Options(server.Url());
  options.ping_interval = seconds(300);
  options.write_deadline = seconds(300);
  options.publish_limits.max_bytes = 4 * 1024 * 1024;
  const auto client = NewClient(options);
  ASSERT_TRUE(client->WaitForEcho());
  const uint64_t connection = client->Connection();
  server.Pause();
  const std::string payload(256 * 1024, 'x');
  EXPECT_TRUE(Eventually([&] { return !client->Publish("change.a", payload).ok(); }));
  EXPECT_EQ(client->Disconnects(), 0u);
  server.Resume();
  EXPECT_TRUE(client->WaitForEcho());
  EXPECT_EQ(client->Connection(), connection);
}

TEST(NatsFault, AWriteThatGetsNowhereIsALostConnection) {
  NatsServer server;
  NatsLinkOptions options = Options(server.Url());
  options.ping_interval = seconds(300);  // Only the write deadline can notice.
  options.publish_limits.max_bytes = 4 * 1024 * 1024;
  const auto client = NewClient(options);
  ASSERT_TRUE(client->WaitForEcho());
  const uint64_t connection = client->Connection();
  server.Pause();
  const std::string payload(256 * 1024, 'x');
  EXPECT_TRUE(Eventually([&] {
    (void)client->Publish("change.a", payload);
    return client->Disconnects() == 1;
  }));
  server.Resume();
  EXPECT_TRUE(client->WaitForConnects(2));
  EXPECT_GT(client->Connection(), connection);
  EXPECT_TRUE(client->WaitForEcho());
}

TEST(NatsFault, RefusedCredentialsHealWhenTheServerAcceptsThem) {
  NatsServer server(NatsServer::Options{.user = "u", .password = "other"});
  const auto client = NewClient(Options(server.Url("u", "right")));
  ASSERT_TRUE(Eventually([&] {
    const std::string log = server.Output();  // Refused at least twice: cnats gives up then.
    const size_t first = log.find("authentication error");
    return first != std::string::npos && log.find("authentication error", first + 1) != log.npos;
  }));
  EXPECT_EQ(client->Record().connects, 0u);
  server.Kill();
  ASSERT_TRUE(server.Start({.user = "u", .password = "right"}));
  ASSERT_TRUE(client->WaitForConnects(1));
  ASSERT_TRUE(client->WaitForEcho());

  // And once more on a connection that stood: cnats closes it for good after two refusals.
  const uint64_t connection = client->Connection();
  server.Kill();
  ASSERT_TRUE(server.Start({.user = "u", .password = "other"}));
  ASSERT_TRUE(Eventually([&] {
    const std::string log = server.Output();
    return std::count(log.begin(), log.end(), '\n') > 0 &&
           log.find("authentication error", log.find("authentication error") + 1) != log.npos;
  }));
  server.Kill();
  ASSERT_TRUE(server.Start({.user = "u", .password = "right"}));
  ASSERT_TRUE(client->WaitForConnects(2));
  EXPECT_GT(client->Connection(), connection);
  EXPECT_TRUE(client->WaitForEcho());
}

TEST(NatsFault, AMessageTheServerDoesNotTakeLeavesNoEchoToVouchForIt) {
  NatsServer server;
  const auto client = NewClient(Options(server.Url()));
  ASSERT_TRUE(client->WaitForEcho());
  const uint64_t before = client->Connection();
  server.Kill();
  const std::string config = ::testing::TempDir() + "small_payload.conf";
  FILE* file = fopen(config.c_str(), "w");
  ASSERT_NE(file, nullptr);
  fputs("max_payload: 1024\n", file);
  fclose(file);
  ASSERT_TRUE(server.Start({.arguments = {"-c", config}}));
  ASSERT_TRUE(WaitForConnectionAfter(*client, before));
  ASSERT_TRUE(client->WaitForEcho());

  const uint64_t connection = client->Connection();
  ASSERT_TRUE(client->Publish("change.a", std::string(2048, 'x')).ok());
  (void)client->Publish("ack", "after");
  ASSERT_TRUE(WaitForConnectionAfter(*client, connection));
  ASSERT_TRUE(client->WaitForEcho());
  for (const ContractMessage& message : client->Messages()) {
    EXPECT_FALSE(message.subject == "ack" && message.connection == connection);
  }
}

TEST(NatsFault, ASlowListenerIsToldHowManyItMissed) {
  NatsServer server;
  NatsLinkOptions options = Options(server.Url());
  options.ping_interval = seconds(300);  // Nothing is lost but by slowness.
  const auto quick = NewClient(options);
  options.delivery_limits.max_messages = 100;
  const auto slow = NewClient(options);
  ASSERT_TRUE(slow->WaitForEcho());
  ASSERT_TRUE(quick->WaitForEcho());
  std::latch entered(1);
  std::latch go(1);
  slow->SetReaction([&](const ContractMessage& message) {
    if (message.payload != "0") return;
    entered.count_down();
    go.wait();
  });
  constexpr uint64_t kMessages = 1'000;
  ASSERT_TRUE(quick->PublishPatiently("change.a", "0"));
  entered.wait();
  for (uint64_t i = 1; i < kMessages; ++i) {
    ASSERT_TRUE(quick->PublishPatiently("change.a", std::to_string(i)));
  }
  // The quick link of the same process is not held up: cnats has one delivery thread for both.
  EXPECT_TRUE(quick->WaitForMessages(kMessages));
  go.count_down();
  // Every message is either heard or counted.
  EXPECT_TRUE(Eventually([&] {
    const bus::ContractRecord record = slow->Record();
    return record.messages.size() + record.dropped == kMessages;
  }));
  EXPECT_GT(slow->Record().dropped, 0u);
  EXPECT_TRUE(slow->WaitForEcho());
  EXPECT_EQ(quick->Record().dropped, 0u);
}

TEST(NatsFault, ABlackHoleIsNoticedAndLeft) {
  NatsServer server;
  TcpGate gate(server.port());
  const auto client = NewClient(Options("nats://127.0.0.1:" + std::to_string(gate.port())));
  ASSERT_TRUE(client->WaitForEcho());
  gate.BlackHole();
  EXPECT_TRUE(client->WaitForDisconnects(1));
  gate.Cut();
  gate.Pass();
  EXPECT_TRUE(client->WaitForConnects(2));
  EXPECT_TRUE(client->WaitForEcho());
}

// Connections that end and come back faster than anyone is told. An ack that comes back under the
// number under which its change was accepted proves that the change came through.
TEST(NatsFault, NoAckVouchesForAChangeLostInAFlap) {
  NatsServer server;
  TcpGate gate(server.port());
  NatsLinkOptions options = Options("nats://127.0.0.1:" + std::to_string(gate.port()));
  options.reconnect_wait = milliseconds(1);
  options.reconnect_jitter = milliseconds(1);
  const auto client = NewClient(options);
  ASSERT_TRUE(client->WaitForEcho());

  for (int flap = 0; flap < 15; ++flap) {
    const uint64_t connection = client->Connection();
    const auto publish = [&](int i) {
      const std::string payload =
          std::to_string(connection) + "/" + std::to_string(i) + std::string(200, 'x');
      if (client->Publish("change.a", payload).ok()) (void)client->Publish("ack", payload);
    };
    publish(0);
    ASSERT_TRUE(client->WaitForEcho());
    for (int i = 1; i < 2'000; ++i) publish(i);
    gate.Cut();  // With most of them still on their way.
    gate.Pass();
    ASSERT_TRUE(WaitForConnectionAfter(*client, connection));
    ASSERT_TRUE(client->WaitForEcho());
  }

  std::set<std::string> changes;
  size_t proofs = 0;
  for (const ContractMessage& message : client->Messages()) {
    if (message.subject != "ack") {
      changes.insert(message.payload);
    } else if (message.payload.starts_with(std::to_string(message.connection) + "/")) {
      ++proofs;
      EXPECT_TRUE(changes.contains(message.payload)) << message.payload;
    }
  }
  EXPECT_GT(proofs, 0u);
}

TEST(NatsFault, StopEndsSoonWhateverTheServerDoes) {
  NatsServer server;
  const auto paused = NewClient(Options(server.Url()));
  ASSERT_TRUE(paused->WaitForEcho());
  NatsServer nowhere(NatsServer::Options{.start = false});
  const auto away = NewClient(Options(nowhere.Url()));
  server.Pause();
  const std::string payload(256 * 1024, 'x');
  while (paused->Publish("change.a", payload).ok()) {
  }
  paused->Stop();
  away->Stop();
  server.Resume();
}

}  // namespace
}  // namespace entitysync::bus_nats
