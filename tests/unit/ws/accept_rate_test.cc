#include <chrono>
#include <string>
#include <vector>

#include "tests/unit/ws/socket_fixture.h"

namespace entitysync::ws {
namespace {

class AcceptRateTest : public SocketTest {
 protected:
  static Options Paced(uint32_t per_second, uint32_t burst) {
    Options options = TestOptions();
    options.max_accepts_per_second = per_second;
    options.accept_burst = burst;
    return options;
  }

  // `count` clients that have said what they want; whether they were accepted or wait.
  std::vector<tcp::socket> Storm(int count) {
    std::vector<tcp::socket> clients;
    for (int i = 0; i < count; ++i) {
      clients.push_back(Connect());
      boost::asio::write(clients.back(), boost::asio::buffer(UpgradeText()));
    }
    return clients;
  }
  void WaitForPauses(double count) {
    while (metrics_.accept_pauses.Value() < count) OnLoop([] {});
  }
};

TEST_F(AcceptRateTest, BeyondTheBurstClientsWaitInTheKernelAndAreAcceptedAtTheRate) {
  StartServer(Paced(100, 10));
  const auto before = std::chrono::steady_clock::now();
  const std::vector<tcp::socket> clients = Storm(60);
  ASSERT_TRUE(sessions_.WaitForOpen(60));
  const auto took = std::chrono::steady_clock::now() - before;
  EXPECT_GE(took, std::chrono::milliseconds(490)) << "fifty beyond the burst, a hundred a second";
  EXPECT_GE(metrics_.accept_pauses.Value(), 1);
  EXPECT_LE(metrics_.accept_pauses.Value(), 110) << "a timer, not a busy loop";
  EXPECT_EQ(metrics_.refused_full.Value(), 0);
}

TEST_F(AcceptRateTest, WhileItPausesNobodyIsAcceptedAndManyMayWait) {
  StartServer(Paced(1, 2));
  const auto before = std::chrono::steady_clock::now();
  const std::vector<tcp::socket> clients = Storm(300);  // None is refused.
  WaitForPauses(1);
  const size_t accepted = server_->connections();
  const auto took = std::chrono::steady_clock::now() - before;
  EXPECT_LE(accepted, 2 + static_cast<size_t>(took / std::chrono::seconds(1)));
}

TEST_F(AcceptRateTest, TheRateIsDividedAmongTheWorkers) {
  StartServer(Paced(4, 4), 4);
  const auto before = std::chrono::steady_clock::now();
  const std::vector<tcp::socket> clients = Storm(100);
  WaitForPauses(4);
  const size_t accepted = server_->connections();
  const auto took = std::chrono::steady_clock::now() - before;
  EXPECT_LE(accepted, 4 * (1 + static_cast<size_t>(took / std::chrono::seconds(1))));
}

TEST_F(AcceptRateTest, WhoWaitsDuringAPauseIsToldWhenAcceptingStops) {
  StartServer(Paced(1, 1));
  const tcp::socket first = Connect();
  WaitForPauses(1);
  const auto before = std::chrono::steady_clock::now();
  std::vector<tcp::socket> waiting = Storm(10);
  server_->StopAccepting();
  int refused = 0;
  for (tcp::socket& client : waiting) {
    std::string head;
    boost::asio::read_until(client, boost::asio::dynamic_buffer(head), "\r\n\r\n");
    if (head.starts_with("HTTP/1.1 503 ")) ++refused;
  }
  const auto took = std::chrono::steady_clock::now() - before;
  EXPECT_GE(refused, 9 - took / std::chrono::seconds(1)) << "but for whom the rate let in";
  tcp::socket late(io_);
  ErrorCode error;
  late.connect({boost::asio::ip::make_address("127.0.0.1"), server_->port()}, error);
  EXPECT_EQ(error, boost::asio::error::connection_refused);
}

TEST_F(AcceptRateTest, ARateOfZeroIsNoLimit) {
  StartServer(Paced(0, 1));
  const std::vector<tcp::socket> clients = Storm(200);
  ASSERT_TRUE(sessions_.WaitForOpen(200));
  EXPECT_EQ(metrics_.accept_pauses.Value(), 0);
}

}  // namespace
}  // namespace entitysync::ws
