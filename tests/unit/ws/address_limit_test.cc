#include <string>
#include <vector>

#include "tests/unit/ws/socket_fixture.h"

namespace entitysync::ws {
namespace {

// Clients of several addresses, all of them this machine's.
class AddressLimitTest : public SocketTest {
 protected:
  static Options Limited(size_t per_address) {
    Options options = TestOptions();
    options.max_connections_per_address = per_address;
    return options;
  }

  tcp::socket ConnectFrom(const std::string& address) {
    tcp::socket socket(io_);
    socket.open(tcp::v4());
    socket.bind({boost::asio::ip::make_address(address), 0});
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), server_->port()});
    return socket;
  }

  // The answer to a client from `address` that wants a websocket, up to its head's end.
  std::string AnswerTo(tcp::socket& socket) {
    boost::asio::write(socket, boost::asio::buffer(UpgradeText()));
    std::string head;
    boost::asio::read_until(socket, boost::asio::dynamic_buffer(head), "\r\n\r\n");
    return head;
  }
  bool IsServed(tcp::socket& socket) { return AnswerTo(socket).starts_with("HTTP/1.1 101 "); }
};

TEST_F(AddressLimitTest, ThoseBeyondItAreToldAndOtherAddressesAreServed) {
  StartServer(Limited(2), 4);
  std::vector<tcp::socket> held;
  for (const auto* address : {"127.0.0.2", "127.0.0.2", "127.0.0.3"}) {
    held.push_back(ConnectFrom(address));
    EXPECT_TRUE(IsServed(held.back())) << address;
  }
  tcp::socket beyond = ConnectFrom("127.0.0.2");
  const std::string answer = AnswerTo(beyond);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 429 ")) << answer;
  EXPECT_NE(answer.find("Retry-After: 5\r\n"), std::string::npos) << answer;
  EXPECT_EQ(metrics_.refused_address.Value(), 1);
  EXPECT_EQ(metrics_.refused_full.Value(), 0);
  EXPECT_EQ(server_->connections(), 3u);
  held.push_back(ConnectFrom("127.0.0.3"));
  EXPECT_TRUE(IsServed(held.back()));
}

TEST_F(AddressLimitTest, APlaceIsFreeAgainWhenAConnectionEndsInWhateverPhase) {
  StartServer(Limited(1), 2);
  for (int i = 0; i < 3; ++i) {
    tcp::socket open = ConnectFrom("127.0.0.2");
    EXPECT_TRUE(IsServed(open)) << i;
    open.close();
    WaitForConnections(0);
    tcp::socket in_handshake = ConnectFrom("127.0.0.2");
    WaitForConnections(1);
    in_handshake.close();
    WaitForConnections(0);
  }
}

TEST_F(AddressLimitTest, WhoIsToldThatTheReplicaIsFullTakesNoPlace) {
  Options options = Limited(1);
  options.max_connections = 1;
  StartServer(options);
  {
    tcp::socket first = ConnectFrom("127.0.0.2");
    ASSERT_TRUE(IsServed(first));
    tcp::socket second = ConnectFrom("127.0.0.3");
    EXPECT_TRUE(AnswerTo(second).starts_with("HTTP/1.1 503 "));
  }
  WaitForConnections(0);
  tcp::socket third = ConnectFrom("127.0.0.3");
  EXPECT_TRUE(IsServed(third));
}

TEST_F(AddressLimitTest, WithoutALimitOneAddressMayHaveThemAll) {
  StartServer(Limited(0));
  std::vector<tcp::socket> held;
  for (int i = 0; i < 100; ++i) held.push_back(ConnectFrom("127.0.0.2"));
  EXPECT_TRUE(IsServed(held.back()));
  EXPECT_EQ(server_->connections(), 100u);
}

}  // namespace
}  // namespace entitysync::ws
