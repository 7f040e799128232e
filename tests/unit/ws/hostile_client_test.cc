#include <sys/socket.h>

#include <string>

#include "tests/unit/ws/socket_fixture.h"

namespace entitysync::ws {
namespace {

// Clients that break the rules, by mistake or on purpose.
class HostileClientTest : public SocketTest {
 protected:
  // Opens a websocket as plain bytes; `more` are further header lines.
  tcp::socket OpenRaw(std::string_view more = "") {
    const size_t opened_before = sessions_.opened();
    tcp::socket socket = Connect();
    boost::asio::write(socket, boost::asio::buffer(UpgradeText(more)));
    std::string head;
    boost::asio::read_until(socket, boost::asio::dynamic_buffer(head), "\r\n\r\n");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
    EXPECT_TRUE(sessions_.WaitForOpen(opened_before + 1));
    return socket;
  }

  // Sends `bytes` over a new websocket; returns the close code of the answer.
  unsigned CloseCodeFor(const std::string& bytes) {
    tcp::socket socket = OpenRaw();
    boost::asio::write(socket, boost::asio::buffer(bytes));
    return CloseCodeOf(socket);
  }

  // The close code that comes next; 0: something else does.
  static unsigned CloseCodeOf(tcp::socket& socket) {
    std::string answer(4, '\0');
    ErrorCode error;
    boost::asio::read(socket, boost::asio::buffer(answer), error);
    if (error || static_cast<uint8_t>(answer[0]) != 0x88) return 0;
    return static_cast<unsigned>(static_cast<uint8_t>(answer[2]) << 8 |
                                 static_cast<uint8_t>(answer[3]));
  }
};

TEST_F(HostileClientTest, ATooLongMessageIsRefusedAtItsHeaderAlready) {
  StartServer();
  // 2^62 bytes are announced and none is sent.
  std::string header("\x82\xff\x40\x00\x00\x00\x00\x00\x00\x00mask", 14);
  EXPECT_EQ(CloseCodeFor(header), 1009u);
  std::string in_parts = ClientFrame(0x02, std::string(60'000, 'x'));
  in_parts += ClientFrame(0x80, std::string(60'000, 'x'));
  EXPECT_EQ(CloseCodeFor(in_parts), 1009u);
}

TEST_F(HostileClientTest, LongMessagesThatAreNeverCompletedTakeABoundedAmountOfMemory) {
  Options options = TestOptions();
  options.max_incomplete_bytes_per_worker = 300'000;
  StartServer(options);
  const std::string v1 = "Sec-WebSocket-Protocol: entity-sync.v1.json\r\n";
  const std::string begun =
      ClientFrame(0x01, std::string(60'000, ' ')) + ClientFrame(0x00, std::string(60'000, ' '));
  std::vector<tcp::socket> begins;
  for (int i = 0; i < 2; ++i) {
    begins.push_back(OpenRaw(v1));
    boost::asio::write(begins.back(), boost::asio::buffer(begun + ClientFrame(0x89, "")));
    char pong[2];  // All before it was read.
    boost::asio::read(begins.back(), boost::asio::buffer(pong));
  }
  const auto gets_a_message = [this](size_t index) {
    return sessions_.WaitFor(index, [](const auto& seen) { return seen.messages.size() == 1; });
  };
  tcp::socket third = OpenRaw(v1);
  boost::asio::write(third, boost::asio::buffer(begun + begun));
  EXPECT_EQ(CloseCodeOf(third), 1013u);
  EXPECT_EQ(metrics_.closed_by_overload.Value(), 1);

  tcp::socket modest = OpenRaw();
  boost::asio::write(modest, boost::asio::buffer(ClientFrame(0x81, "short")));
  ASSERT_TRUE(gets_a_message(3)) << "short messages need none of it";
  begins.clear();
  third.close();
  ASSERT_TRUE(sessions_.WaitForClosed(0) && sessions_.WaitForClosed(1));
  WaitForConnections(1);
  tcp::socket fourth = OpenRaw(v1);
  boost::asio::write(fourth, boost::asio::buffer(begun + ClientFrame(0x80, "the end")));
  EXPECT_TRUE(gets_a_message(4)) << "what ended has given it back";
}

TEST_F(HostileClientTest, TextThatIsNotUtf8IsRefused) {
  StartServer();
  EXPECT_EQ(CloseCodeFor(ClientFrame(0x81, "\xC3\x28")), 1007u);
  EXPECT_EQ(CloseCodeFor(ClientFrame(0x81, "\xED\xA0\x80")), 1007u) << "a surrogate";
  EXPECT_EQ(CloseCodeFor(ClientFrame(0x81, std::string(5000, 'x') + "\xE2\x82")), 1007u);
}

TEST_F(HostileClientTest, BrokenFramesAreRefused) {
  StartServer();
  EXPECT_EQ(CloseCodeFor(std::string("\x81\x02hi", 4)), 1002u) << "not masked";
  EXPECT_EQ(CloseCodeFor(ClientFrame(0xC1, "x")), 1002u) << "a reserved bit";
  EXPECT_EQ(CloseCodeFor(ClientFrame(0x83, "x")), 1002u) << "an unknown opcode";
  EXPECT_EQ(CloseCodeFor(ClientFrame(0x80, "x")), 1002u) << "a continuation of nothing";
  EXPECT_EQ(CloseCodeFor(ClientFrame(0x09, "x")), 1002u) << "a fragmented ping";
  EXPECT_EQ(CloseCodeFor(ClientFrame(0x89, std::string(126, 'x'))), 1002u) << "a long ping";
  EXPECT_EQ(CloseCodeFor(ClientFrame(0x88, "\x03")), 1002u) << "half a close code";
  ASSERT_TRUE(sessions_.WaitForClosed(6));
  EXPECT_EQ(metrics_.closed_by_violation.Value(), 7);
  EXPECT_EQ(metrics_.closed_by_client.Value(), 0);
}

TEST_F(HostileClientTest, AViolatorThatStaysIsCutOffAtTheDeadline) {
  Options options = TestOptions();
  options.close_timeout = std::chrono::milliseconds(50);
  StartServer(options);
  tcp::socket socket = OpenRaw();
  boost::asio::write(socket, boost::asio::buffer(ClientFrame(0x83, "x")));
  ASSERT_TRUE(sessions_.WaitForClosed(0));
}

TEST_F(HostileClientTest, AMillionPingsFromAClientThatNeverReadsCostNoMemory) {
  StartServer();
  tcp::socket socket = OpenRaw();
  std::string pings;
  for (int i = 0; i < 1000; ++i) pings += ClientFrame(0x89, std::string(125, 'p'));
  size_t largest_queue = 0;
  const auto look = [&] {
    OnLoop([&] { largest_queue = std::max(largest_queue, sessions_.transport(0).UnsentBytes()); });
    return largest_queue;
  };
  int stuck_looks = 0;
  size_t sent = 0;
  // A million pings, or as many as fit until the server stops reading because its pongs are stuck.
  while (sent < 1'000'000 * pings.size() / 1000 && stuck_looks < 1000) {
    const size_t at = sent % pings.size();
    const ssize_t taken =
        ::send(socket.native_handle(), pings.data() + at, pings.size() - at, MSG_DONTWAIT);
    if (taken > 0) sent += static_cast<size_t>(taken);
    stuck_looks = taken > 0 || look() == 0 ? 0 : stuck_looks + 1;
  }
  EXPECT_GT(sent, 10 * pings.size());
  EXPECT_GT(look(), 0u) << "the flood did not fill the socket";
  EXPECT_LE(largest_queue, 127u) << "more than one pong waits";
  // Its frames wait behind the pong, it can still be closed, and others are served.
  OnLoop([this] { sessions_.transport(0).Send(TextFrame("state")); });
  Client other = Open();
  other.write(boost::asio::buffer(std::string("hello")));
  ASSERT_TRUE(
      sessions_.WaitFor(1, [](const SeenByOne& seen) { return seen.messages.size() == 1; }));
  socket.close();
  ASSERT_TRUE(sessions_.WaitForClosed(0));
}

TEST_F(HostileClientTest, AFloodingClientWithAStuckPongIsClosedAtTheDeadline) {
  Options options = TestOptions();
  options.close_timeout = std::chrono::milliseconds(50);
  StartServer(options);
  tcp::socket socket = OpenRaw();
  std::string pings;
  for (int i = 0; i < 1000; ++i) pings += ClientFrame(0x89, std::string(125, 'p'));
  bool stuck = false;
  for (size_t at = 0; !stuck;) {
    const ssize_t taken =
        ::send(socket.native_handle(), pings.data() + at, pings.size() - at, MSG_DONTWAIT);
    if (taken > 0) at = (at + static_cast<size_t>(taken)) % pings.size();
    OnLoop([&] { stuck = sessions_.transport(0).UnsentBytes() > 0; });
  }
  OnLoop([this] { sessions_.transport(0).Close(protocol::CloseCode::kStalled, "stalled"); });
  ASSERT_TRUE(sessions_.WaitForClosed(0));
}

TEST_F(HostileClientTest, PingsOfAClientThatReadsAreAllAnswered) {
  StartServer();
  Client client = Open();
  int pongs = 0;
  client.control_callback(
      [&](boost::beast::websocket::frame_type, boost::beast::string_view payload) {
        EXPECT_EQ(payload, std::to_string(pongs));
        ++pongs;
      });
  sessions_.on_message = [](session::Transport& transport, std::string_view) {
    transport.Send(TextFrame("done"));
  };
  for (int i = 0; i < 1000; ++i) {
    const std::string payload = std::to_string(i);
    client.ping({payload.data(), payload.size()});
  }
  client.write(boost::asio::buffer(std::string("finished")));
  EXPECT_EQ(Read(client), "done");
  EXPECT_EQ(pongs, 1000);
}

}  // namespace
}  // namespace entitysync::ws
