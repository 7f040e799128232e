#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "tests/unit/ws/socket_fixture.h"

namespace entitysync::ws {
namespace {

using ServerTest = SocketTest;

TEST_F(ServerTest, WorkersShareOnePortAndTheLoad) {
  StartServer(TestOptions(), 4);
  EXPECT_NE(server_->port(), 0);
  EXPECT_EQ(server_->address(), "127.0.0.1:" + std::to_string(server_->port()));
  std::vector<Client> clients;
  for (int i = 0; i < 64; ++i) clients.push_back(Open());
  ASSERT_TRUE(sessions_.WaitForOpen(64));
  EXPECT_EQ(server_->connections(), 64u);
  EXPECT_EQ(metrics_.connections.Value(), 64);
}

TEST_F(ServerTest, AnAddressThatCannotBeUsedSaysSo) {
  base::AsioLoop loop("worker");
  Options options = TestOptions();
  options.host = "localhost";
  auto server = Server::Open(options, {{loop, sessions_}}, metrics_, base::NullLogger());
  EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument);
  options.host = "192.0.2.1";  // Reserved for documentation; never an address of this machine.
  server = Server::Open(options, {{loop, sessions_}}, metrics_, base::NullLogger());
  EXPECT_EQ(server.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(server.status().message().find("192.0.2.1"), std::string::npos);
}

TEST_F(ServerTest, TooManyConnectionsAreToldWhenToTryAgain) {
  Options options = TestOptions();
  options.max_connections = 2;
  StartServer(options, 2);
  Client first = Open();
  ASSERT_TRUE(sessions_.WaitForOpen(1));  // So that the second, on whichever worker, is number 1.
  {
    Client second = Open();
    const std::string answer = Exchange(UpgradeText());
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
    EXPECT_NE(answer.find("Retry-After: 5\r\n"), std::string::npos);
    EXPECT_EQ(metrics_.refused_full.Value(), 1);
    EXPECT_EQ(server_->connections(), 2u);
    ASSERT_TRUE(sessions_.WaitForOpen(2));
  }
  ASSERT_TRUE(sessions_.WaitForClosed(1));
  Client third = Open();
  EXPECT_EQ(server_->connections(), 2u);
}

TEST_F(ServerTest, RefusalsAreBoundedToo) {
  Options options = TestOptions();
  options.max_connections = 0;
  StartServer(options);
  std::vector<tcp::socket> silent;
  for (size_t i = 0; i < kRefusalsPerWorker; ++i) silent.push_back(Connect());
  tcp::socket beyond = Connect();
  EXPECT_EQ(ReadAll(beyond), "") << "cut off without a word";
  silent.front().close();
}

TEST_F(ServerTest, AfterStopAcceptingThoseInTheHandshakeAreToldAndOpenOnesStay) {
  StartServer();
  Client open = Open();
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  tcp::socket half_way = Connect();
  const std::string upgrade = UpgradeText();
  boost::asio::write(half_way, boost::asio::buffer(upgrade.data(), 20));
  server_->StopAccepting();
  OnLoop([] {});
  boost::asio::write(half_way, boost::asio::buffer(upgrade.data() + 20, upgrade.size() - 20));
  const std::string answer = ReadAll(half_way);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find("Retry-After: "), std::string::npos);
  tcp::socket late(io_);
  ErrorCode error;
  late.connect({boost::asio::ip::make_address("127.0.0.1"), server_->port()}, error);
  EXPECT_EQ(error, boost::asio::error::connection_refused);
  OnLoop([this] { sessions_.transport(0).Send(TextFrame("still here")); });
  EXPECT_EQ(Read(open), "still here");
}

TEST_F(ServerTest, WhoWaitsInTheKernelsQueueIsNotResetByStopAccepting) {
  StartServer();
  std::promise<void> go;
  loops_.front()->Post([&go] { go.get_future().wait(); });  // The loop is busy.
  std::vector<tcp::socket> waiting;
  for (int i = 0; i < 10; ++i) {
    waiting.push_back(Connect());
    boost::asio::write(waiting.back(), boost::asio::buffer(UpgradeText()));
  }
  server_->StopAccepting();
  go.set_value();
  for (tcp::socket& socket : waiting) {
    const std::string answer = ReadAll(socket);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  }
}

TEST_F(ServerTest, CloseAllClosesEveryOpenConnectionWithTheCode) {
  StartServer(TestOptions(), 2);
  std::vector<Client> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(Open());
  ASSERT_TRUE(sessions_.WaitForOpen(8));
  server_->CloseAll(protocol::CloseCode::kRestart, "restart");
  for (Client& client : clients) EXPECT_EQ(ReadUntilClosed(client), 1012u);
  for (size_t i = 0; i < 8; ++i) EXPECT_TRUE(sessions_.WaitForClosed(i));
}

TEST_F(ServerTest, ShutdownEndsConnectionsInEveryPhaseOnce) {
  StartServer();
  Client idle = Open();
  Client closing = Open();
  ASSERT_TRUE(sessions_.WaitForOpen(2));
  tcp::socket in_handshake = Connect();
  boost::asio::write(in_handshake, boost::asio::buffer("GET /", 5));
  OnLoop([this] {
    sessions_.transport(0).Send(TextFrame(std::string(8 << 20, 'x')));
    sessions_.transport(1).Close(protocol::CloseCode::kRestart, "");
  });
  StopServer();
  EXPECT_EQ(sessions_.Seen(0).closed, 1);
  EXPECT_EQ(sessions_.Seen(1).closed, 1);
  EXPECT_EQ(sessions_.opened(), 2u);
  EXPECT_EQ(metrics_.connections.Value(), 0);
}

TEST_F(ServerTest, WithoutDescriptorsItWaitsAndThenGoesOn) {
  StartServer();
  Client open = Open();
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  OnLoop([this] { sessions_.transport(0).Send(TextFrame("before")); });
  EXPECT_EQ(Read(open), "before");
  tcp::socket waiting(io_);
  waiting.open(tcp::v4());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none_left = before;
  // The lowest free descriptor is the limit: no new one can be opened.
  const int lowest_free = dup(STDIN_FILENO);
  ASSERT_GE(lowest_free, 0);
  close(lowest_free);
  none_left.rlim_cur = static_cast<rlim_t>(lowest_free);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none_left), 0);
  waiting.connect({boost::asio::ip::make_address("127.0.0.1"), server_->port()});
  while (metrics_.refused_descriptors.Value() == 0) OnLoop([] {});
  // Meanwhile those who are in are served.
  OnLoop([this] { sessions_.transport(0).Send(TextFrame("served")); });
  EXPECT_EQ(Read(open), "served");
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  boost::asio::write(waiting, boost::asio::buffer(UpgradeText()));
  EXPECT_TRUE(sessions_.WaitForOpen(2));
}

}  // namespace
}  // namespace entitysync::ws
