#include "tests/unit/ws/segments_received.h"
#include "tests/unit/ws/socket_fixture.h"

namespace entitysync::ws {
namespace {

namespace websocket = boost::beast::websocket;

using WebsocketTest = SocketTest;

TEST_F(WebsocketTest, MessagesReachTheSessionByteForByte) {
  StartServer();
  Client client = Open("/ws/entity-sync?token=s3cret");
  client.text(true);
  client.write(boost::asio::buffer(std::string("{\"action\":\"subscribe\"}")));
  const std::string binary("\x00\xff\x80 any bytes", 12);
  client.binary(true);
  client.write(boost::asio::buffer(binary));
  ASSERT_TRUE(
      sessions_.WaitFor(0, [](const SeenByOne& seen) { return seen.messages.size() == 2; }));
  const SeenByOne seen = sessions_.Seen(0);
  EXPECT_EQ(seen.secret, "s3cret");
  EXPECT_EQ(seen.messages, (std::vector<std::string>{"{\"action\":\"subscribe\"}", binary}));
  EXPECT_TRUE(seen.last_was_binary);
  EXPECT_GE(seen.activity, 2);
}

TEST_F(WebsocketTest, LongFragmentedAndEmptyMessagesArriveWhole) {
  StartServer();
  Client client = Open();
  const std::string longest(64 * 1024, 'x');
  client.write(boost::asio::buffer(longest));
  client.write_some(false, boost::asio::buffer(std::string(1000, 'a')));
  client.ping("in between");
  client.write_some(true, boost::asio::buffer(std::string(1000, 'b')));
  client.write(boost::asio::const_buffer());
  ASSERT_TRUE(
      sessions_.WaitFor(0, [](const SeenByOne& seen) { return seen.messages.size() == 3; }));
  const SeenByOne seen = sessions_.Seen(0);
  EXPECT_EQ(seen.messages[0], longest);
  EXPECT_EQ(seen.messages[1], std::string(1000, 'a') + std::string(1000, 'b'));
  EXPECT_EQ(seen.messages[2], "");
}

TEST_F(WebsocketTest, AMessageSentRightBehindTheHandshakeIsNotLost) {
  StartServer();
  tcp::socket socket = Connect();
  boost::asio::write(socket, boost::asio::buffer(UpgradeText() + ClientFrame(0x81, "eager") +
                                                 ClientFrame(0x81, std::string(4000, 'x'))));
  ASSERT_TRUE(
      sessions_.WaitFor(0, [](const SeenByOne& seen) { return seen.messages.size() == 2; }));
  EXPECT_EQ(sessions_.Seen(0).messages[0], "eager");
}

TEST_F(WebsocketTest, FramesArriveInOrderBetweenTheAnswersToPings) {
  sessions_.on_message = [](session::Transport& transport, std::string_view payload) {
    for (int i = 0; i < 3; ++i) transport.Send(TextFrame(std::string(payload) + std::to_string(i)));
  };
  StartServer();
  Client client = Open();
  std::string received;
  for (int round = 0; round < 50; ++round) {
    client.ping("p");
    client.write(boost::asio::buffer(std::to_string(round) + "."));
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(Read(client), std::to_string(round) + "." + std::to_string(i));
    }
  }
}

TEST_F(WebsocketTest, AllThatOneTurnSendsGoesOutTogether) {
  StartServer();
  Client client = Open();
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  const uint32_t before = SegmentsReceived(client.next_layer().native_handle());
  OnLoop([this] {
    for (int i = 0; i < 128; ++i) sessions_.transport(0).Send(TextFrame("state"));
  });
  for (int i = 0; i < 128; ++i) EXPECT_EQ(Read(client), "state");
  // 64 buffers per system call; TCP_NODELAY makes each call a segment of its own.
  EXPECT_EQ(SegmentsReceived(client.next_layer().native_handle()) - before, 2u);
}

TEST_F(WebsocketTest, PingReachesTheClientAndItsPongIsActivity) {
  StartServer();
  Client client = Open();
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  int pings = 0;
  client.control_callback([&](websocket::frame_type kind, boost::beast::string_view) {
    if (kind == websocket::frame_type::ping) ++pings;
  });
  OnLoop([this] {
    sessions_.transport(0).Ping();
    sessions_.transport(0).Ping();  // The first is not yet in the kernel.
    sessions_.transport(0).Send(TextFrame("after"));
  });
  EXPECT_EQ(Read(client), "after");
  EXPECT_EQ(pings, 1);
  ASSERT_TRUE(sessions_.WaitFor(0, [](const SeenByOne& seen) { return seen.activity > 0; }));
  OnLoop([this] {
    sessions_.transport(0).Ping();
    sessions_.transport(0).Send(TextFrame("again"));
  });
  EXPECT_EQ(Read(client), "again");
  EXPECT_EQ(pings, 2);
}

TEST_F(WebsocketTest, WhileReadingIsOffTheClientIsNotHeard) {
  sessions_.on_open = [](session::Transport& transport) { transport.SetReading(false); };
  StartServer();
  Client client = Open();
  client.write(boost::asio::buffer(std::string("early")));
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  // A second client's message makes the round; the first's still waits.
  sessions_.on_open = [](session::Transport&) {};
  Client other = Open();
  other.write(boost::asio::buffer(std::string("other")));
  ASSERT_TRUE(
      sessions_.WaitFor(1, [](const SeenByOne& seen) { return seen.messages.size() == 1; }));
  EXPECT_TRUE(sessions_.Seen(0).messages.empty());
  OnLoop([this] { sessions_.transport(0).SetReading(true); });
  ASSERT_TRUE(
      sessions_.WaitFor(0, [](const SeenByOne& seen) { return seen.messages.size() == 1; }));
}

TEST_F(WebsocketTest, ReadingMayBeTurnedOffAndOnWhileAMessageIsHandled) {
  sessions_.on_message = [](session::Transport& transport, std::string_view payload) {
    transport.SetReading(false);
    if (payload != "stop") transport.SetReading(true);
  };
  StartServer();
  Client client = Open();
  for (const char* text : {"1", "2", "stop", "4"})
    client.write(boost::asio::buffer(std::string(text)));
  ASSERT_TRUE(
      sessions_.WaitFor(0, [](const SeenByOne& seen) { return seen.messages.size() == 3; }));
  OnLoop([this] { EXPECT_EQ(sessions_.Seen(0).messages.size(), 3u); });
  OnLoop([this] { sessions_.transport(0).SetReading(true); });
  ASSERT_TRUE(
      sessions_.WaitFor(0, [](const SeenByOne& seen) { return seen.messages.size() == 4; }));
}

TEST_F(WebsocketTest, ASlowReaderFillsTheQueueAndIsWritableAgainOnceItReads) {
  StartServer();
  Client client = Open();
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  constexpr int kFrames = 16;
  constexpr size_t kPayload = 1 << 20;
  base::TimePoint stalled_since{};
  int writable = 0;
  OnLoop([&] {
    writable = sessions_.Seen(0).writable;
    const protocol::LocalFramePtr frame = TextFrame(std::string(kPayload, 'x'));
    for (int i = 0; i < kFrames; ++i) sessions_.transport(0).Send(frame);
    EXPECT_EQ(sessions_.transport(0).UnsentBytes(), kFrames * frame->size());
    sessions_.transport(0).WantWritable();
  });
  OnLoop([&] {
    // Beyond what the kernel of both sides holds, all waits here.
    EXPECT_GT(sessions_.transport(0).UnsentBytes(), 4 * kPayload);
    stalled_since = sessions_.transport(0).LastProgress();
  });
  EXPECT_EQ(sessions_.Seen(0).writable, writable);
  for (int i = 0; i < kFrames; ++i) EXPECT_EQ(Read(client).size(), 1u << 20);
  ASSERT_TRUE(
      sessions_.WaitFor(0, [&](const SeenByOne& seen) { return seen.writable > writable; }));
  OnLoop([&] {
    EXPECT_EQ(sessions_.transport(0).UnsentBytes(), 0u);
    EXPECT_GT(sessions_.transport(0).LastProgress(), stalled_since);
  });
  EXPECT_GE(metrics_.bytes_sent.Value(), static_cast<double>(kFrames * kPayload));
}

TEST_F(WebsocketTest, WhatWaitedForRoomBesideAPingIsToldWhenThePingIsGone) {
  StartServer();
  const Client client = Open();
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  int writable = 0;
  OnLoop([&] {
    writable = sessions_.Seen(0).writable;
    sessions_.transport(0).Ping();
    sessions_.transport(0).WantWritable();
  });
  EXPECT_TRUE(
      sessions_.WaitFor(0, [&](const SeenByOne& seen) { return seen.writable > writable; }));
}

}  // namespace
}  // namespace entitysync::ws
