#include "tests/unit/ws/socket_fixture.h"

namespace entitysync::ws {
namespace {

namespace websocket = boost::beast::websocket;
using protocol::CloseCode;

using CloseTest = SocketTest;

TEST_F(CloseTest, TheClientLearnsCodeAndReason) {
  StartServer();
  Client client = Open();
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  OnLoop([this] { sessions_.transport(0).Close(CloseCode::kRestart, "restart"); });
  EXPECT_EQ(ReadUntilClosed(client), 1012u);
  EXPECT_EQ(ReasonOf(client), "restart");
  ASSERT_TRUE(sessions_.WaitForClosed(0));
  StopServer();
  EXPECT_EQ(sessions_.Seen(0).closed, 1);
}

TEST_F(CloseTest, ALongReasonIsCutBetweenCharacters) {
  StartServer();
  Client client = Open();
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  std::string reason(122, 'x');
  reason += "\xC3\xA4\xC3\xA4";  // The first of the two would be cut in its middle.
  OnLoop([&] { sessions_.transport(0).Close(CloseCode::kNormal, reason); });
  EXPECT_EQ(ReadUntilClosed(client), 1000u);
  EXPECT_EQ(ReasonOf(client), std::string(122, 'x'));
}

TEST_F(CloseTest, WhatIsQueuedAndNotBegunIsDiscardedAndNothingFollowsTheCloseFrame) {
  StartServer();
  Client client = Open();
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  OnLoop([this] {
    session::Transport& transport = sessions_.transport(0);
    transport.Send(TextFrame("discarded"));
    transport.Close(CloseCode::kOverload, "");
    transport.Send(TextFrame("too late"));
    transport.Ping();
    transport.Close(CloseCode::kNormal, "twice");
    EXPECT_LE(transport.UnsentBytes(), 4u) << "a close frame with a code";
  });
  boost::beast::flat_buffer buffer;
  ErrorCode error;
  client.read(buffer, error);
  EXPECT_EQ(error, websocket::error::closed);
  EXPECT_EQ(buffer.size(), 0u);
  EXPECT_EQ(client.reason().code, 1013);
}

TEST_F(CloseTest, AFrameBegunIsFinishedBeforeTheCloseFrame) {
  StartServer();
  Client client = Open();
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  OnLoop([&] { sessions_.transport(0).Send(TextFrame(std::string(16 << 20, 'x'))); });
  OnLoop([&] {
    sessions_.transport(0).Send(TextFrame("not begun"));
    sessions_.transport(0).Close(CloseCode::kRestart, "");
  });
  client.read_message_max(0);
  EXPECT_EQ(Read(client).size(), 16u << 20);
  EXPECT_EQ(ReadUntilClosed(client), 1012u);
}

TEST_F(CloseTest, AClientThatNeverAnswersIsCutOffAtTheDeadline) {
  Options options = TestOptions();
  options.close_timeout = std::chrono::milliseconds(50);
  StartServer(options);
  Client client = Open();  // Never reads, so never answers.
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  OnLoop([this] { sessions_.transport(0).Close(CloseCode::kRestart, ""); });
  ASSERT_TRUE(sessions_.WaitForClosed(0));
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(CloseTest, AStuckWriterIsCutOffAtTheDeadlineToo) {
  Options options = TestOptions();
  options.close_timeout = std::chrono::milliseconds(50);
  StartServer(options);
  Client client = Open();
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  OnLoop([this] { sessions_.transport(0).Send(TextFrame(std::string(32 << 20, 'x'))); });
  OnLoop([this] {
    EXPECT_GT(sessions_.transport(0).UnsentBytes(), 0u);
    sessions_.transport(0).Close(CloseCode::kStalled, "");
  });
  ASSERT_TRUE(sessions_.WaitForClosed(0));
}

TEST_F(CloseTest, TheClientsCloseIsAnswered) {
  StartServer();
  Client client = Open();
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  client.close({websocket::close_code::going_away, "bye"});  // Throws without an answer.
  EXPECT_EQ(client.reason().code, websocket::close_code::going_away);
  ASSERT_TRUE(sessions_.WaitForClosed(0));
  EXPECT_EQ(metrics_.closed_by_client.Value(), 1);
  EXPECT_EQ(metrics_.closed_by_violation.Value(), 0);
  EXPECT_EQ(metrics_.connections.Value(), 0);
}

TEST_F(CloseTest, AVanishedClientIsNoticed) {
  StartServer();
  {
    Client client = Open();
    ASSERT_TRUE(sessions_.WaitForOpen(1));
  }
  ASSERT_TRUE(sessions_.WaitForClosed(0));
  EXPECT_EQ(metrics_.closed_by_client.Value(), 1);
}

TEST_F(CloseTest, AClientThatResetsDuringAWriteIsNoticedWhileReadingIsOff) {
  sessions_.on_open = [](session::Transport& transport) { transport.SetReading(false); };
  StartServer();
  Client client = Open();
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  client.next_layer().set_option(boost::asio::socket_base::linger(true, 0));
  client.next_layer().close();
  // The first write may still be taken by the kernel; none is after the reset has been seen.
  OnLoop([this] { sessions_.transport(0).Send(TextFrame(std::string(1 << 20, 'x'))); });
  ASSERT_TRUE(sessions_.WaitForClosed(0));
}

TEST_F(CloseTest, ClosingFromInsideTheHandlersIsFine) {
  sessions_.on_message = [](session::Transport& transport, std::string_view) {
    transport.Close(CloseCode::kTooManyMessages, "");
  };
  StartServer();
  Client client = Open();
  client.write(boost::asio::buffer(std::string("1")));
  EXPECT_EQ(ReadUntilClosed(client), 4029u);
  sessions_.on_open = [](session::Transport& transport) {
    transport.Send(TextFrame("never"));
    transport.Close(CloseCode::kOverload, "");
  };
  Client second = Open();
  EXPECT_EQ(ReadUntilClosed(second), 1013u);
  ASSERT_TRUE(sessions_.WaitForClosed(0));
  ASSERT_TRUE(sessions_.WaitForClosed(1));
  EXPECT_EQ(sessions_.Seen(0).messages.size(), 1u);
}

TEST_F(CloseTest, ClosingWhileReadingIsOffEndsWithTheClientsAnswer) {
  sessions_.on_open = [](session::Transport& transport) { transport.SetReading(false); };
  StartServer();
  Client client = Open();
  client.write(boost::asio::buffer(std::string(3000, 'x')));
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  OnLoop([this] { sessions_.transport(0).Close(CloseCode::kRestart, ""); });
  EXPECT_EQ(ReadUntilClosed(client), 1012u);
  ASSERT_TRUE(sessions_.WaitForClosed(0));
  EXPECT_TRUE(sessions_.Seen(0).messages.empty()) << "nothing is delivered after Close";
}

TEST_F(CloseTest, BothSidesMayCloseAtOnce) {
  StartServer();
  constexpr size_t kClients = 50;
  for (size_t i = 0; i < kClients; ++i) {
    Client client = Open();
    ASSERT_TRUE(sessions_.WaitForOpen(i + 1));
    loops_.front()->Post([this, i] {
      if (sessions_.Seen(i).closed == 0) sessions_.transport(i).Close(CloseCode::kRestart, "");
    });
    ErrorCode error;
    client.close(websocket::close_code::normal, error);
    ASSERT_TRUE(sessions_.WaitForClosed(i));
  }
  StopServer();
  for (size_t i = 0; i < kClients; ++i) EXPECT_EQ(sessions_.Seen(i).closed, 1);
}

}  // namespace
}  // namespace entitysync::ws
