#include <memory>
#include <string>

#include "gateway/protocol/deflater.h"
#include "tests/unit/ws/socket_fixture.h"

namespace entitysync::ws {
namespace {

constexpr std::string_view kOffer =
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";

// First bytes of frames: FIN or not, compressed or not, and the opcode.
constexpr uint8_t kDeflatedText = 0xC1;
constexpr uint8_t kDeflatedBinary = 0xC2;
constexpr uint8_t kText = 0x81;

protocol::Frame PlainFrame(const std::string& payload) {
  std::string bytes;
  protocol::AppendMessage(protocol::FrameKind::kText, payload, bytes);
  return std::make_shared<const std::string>(std::move(bytes));
}

std::string Deflated(const std::string& payload) {
  protocol::Deflater deflater({.level = 6, .min_bytes = 0});
  const protocol::Frame frame = deflater.Compress(PlainFrame(payload));
  EXPECT_NE((*frame)[0] & 0x40, 0) << "does not get shorter: " << payload;
  std::string_view rest = *frame;
  return std::string(protocol::TakeMessage(rest).payload);
}

class CompressionTest : public SocketTest {
 protected:
  void StartCompressing(size_t max_message_bytes = 64 * 1024) {
    Options options = TestOptions();
    options.compression = true;
    options.max_message_bytes = max_message_bytes;
    StartServer(options);
  }

  // Opens a websocket as plain bytes and sends `bytes` together with the request.
  tcp::socket OpenRaw(std::string_view offer, std::string_view bytes = "") {
    const size_t opened_before = sessions_.opened();
    tcp::socket socket = Connect();
    boost::asio::write(socket, boost::asio::buffer(UpgradeText(offer) + std::string(bytes)));
    head_.clear();
    boost::asio::read_until(socket, boost::asio::dynamic_buffer(head_), "\r\n\r\n");
    EXPECT_TRUE(head_.starts_with("HTTP/1.1 101 ")) << head_;
    EXPECT_TRUE(sessions_.WaitForOpen(opened_before + 1));
    return socket;
  }

  // The close code that a client gets for these bytes.
  unsigned CloseCodeFor(const std::string& bytes, std::string_view offer = kOffer) {
    tcp::socket socket = OpenRaw(offer);
    boost::asio::write(socket, boost::asio::buffer(bytes));
    std::string answer(4, '\0');
    ErrorCode error;
    boost::asio::read(socket, boost::asio::buffer(answer), error);
    if (error || static_cast<uint8_t>(answer[0]) != 0x88) return 0;
    return static_cast<unsigned>(static_cast<uint8_t>(answer[2]) << 8 |
                                 static_cast<uint8_t>(answer[3]));
  }

  // What the first connection's session got, when it has `count` messages.
  std::vector<std::string> Messages(size_t count) {
    EXPECT_TRUE(sessions_.WaitFor(
        0, [count](const SeenByOne& seen) { return seen.messages.size() >= count; }));
    return sessions_.Seen(0).messages;
  }

  std::string head_;
  const std::string repetitive_ = std::string(200, 'x') + "!";
};

TEST_F(CompressionTest, AnotherImplementationUnderstandsBothWays) {
  StartCompressing();
  Client client(Connect());
  boost::beast::websocket::permessage_deflate pmd;
  pmd.client_enable = true;
  client.set_option(pmd);
  client.handshake("localhost", "/ws/entity-sync/");
  ASSERT_TRUE(sessions_.WaitForOpen(1));
  EXPECT_TRUE(sessions_.Seen(0).takes_deflated);
  for (int i = 0; i < 3; ++i) client.write(boost::asio::buffer(repetitive_));
  EXPECT_EQ(Messages(3), std::vector<std::string>(3, repetitive_));
  EXPECT_FALSE(sessions_.Seen(0).last_was_binary);
  EXPECT_EQ(metrics_.messages_inflated.Value(), 3);

  protocol::Deflater deflater({.level = 1, .min_bytes = 100});
  const protocol::Frame frame = deflater.Compress(PlainFrame(std::string(5'000, 'y')));
  ASSERT_LT(frame->size(), 100u);
  OnLoop([&] {
    sessions_.transport(0).Send(new protocol::LocalFrame(frame));
    sessions_.transport(0).Send(TextFrame("plain"));
    sessions_.transport(0).Send(new protocol::LocalFrame(frame));
  });
  EXPECT_EQ(Read(client), std::string(5'000, 'y'));
  EXPECT_EQ(Read(client), "plain");
  EXPECT_EQ(Read(client), std::string(5'000, 'y'));
}

TEST_F(CompressionTest, IsAnsweredOnlyWhereItIsConfiguredAndOffered) {
  StartCompressing();
  OpenRaw(kOffer);
  EXPECT_NE(head_.find("Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                       "client_no_context_takeover\r\n"),
            std::string::npos)
      << head_;
  OpenRaw("");
  EXPECT_EQ(head_.find("Extensions"), std::string::npos) << head_;
  StopServer();
  loops_.clear();
  StartServer();
  OpenRaw(kOffer);
  EXPECT_EQ(head_.find("Extensions"), std::string::npos) << head_;
}

TEST_F(CompressionTest, MessagesOfAllKindsInOnePacketKeepTheirOrder) {
  StartCompressing();
  std::string bytes;
  std::vector<std::string> expected;
  for (int i = 0; i < 200; ++i) {
    expected.push_back(std::to_string(i) + repetitive_);
    bytes += ClientFrame(kDeflatedText, Deflated(expected.back()));
    bytes += ClientFrame(0x89, "ping");
    expected.push_back("plain " + std::to_string(i));
    bytes += ClientFrame(kText, expected.back());
  }
  // What came with the request belongs to the first messages.
  tcp::socket socket = OpenRaw(kOffer, bytes.substr(0, 5'000));
  boost::asio::write(socket, boost::asio::buffer(bytes.substr(5'000)));
  EXPECT_EQ(Messages(expected.size()), expected);
}

TEST_F(CompressionTest, FragmentsMakeOneMessageAndBinaryStaysBinary) {
  StartCompressing();
  const std::string deflated = Deflated(repetitive_);
  tcp::socket socket = OpenRaw(kOffer);
  boost::asio::write(
      socket, boost::asio::buffer(ClientFrame(0x42, deflated.substr(0, 3)) + ClientFrame(0x89, "") +
                                  ClientFrame(0x00, deflated.substr(3, 2)) +
                                  ClientFrame(0x80, deflated.substr(5))));
  EXPECT_EQ(Messages(1), std::vector{repetitive_});
  EXPECT_TRUE(sessions_.Seen(0).last_was_binary);
  boost::asio::write(socket, boost::asio::buffer(ClientFrame(kDeflatedBinary, "") +
                                                 ClientFrame(kDeflatedText, {"\0", 1})));
  EXPECT_EQ(Messages(3), (std::vector<std::string>{repetitive_, "", ""}));
}

TEST_F(CompressionTest, BombsAndWhatIsLongerThanALimitAre1009) {
  StartCompressing(2'000);
  EXPECT_EQ(CloseCodeFor(ClientFrame(kDeflatedText, Deflated(std::string(1'000'000, 'x')))), 1009u);
  EXPECT_EQ(CloseCodeFor(ClientFrame(kDeflatedText, Deflated(std::string(2'001, 'x')))), 1009u);
  EXPECT_EQ(CloseCodeFor(ClientFrame(kText, std::string(2'001, 'x'))), 1009u);
  EXPECT_EQ(CloseCodeFor(ClientFrame(kDeflatedText, std::string(2'500, '\0'))), 1009u);
  EXPECT_EQ(metrics_.closed_by_violation.Value(), 4);
  OpenRaw(kOffer, ClientFrame(kDeflatedText, Deflated(std::string(2'000, 'x'))));
  ASSERT_TRUE(
      sessions_.WaitFor(4, [](const SeenByOne& seen) { return seen.messages.size() == 1; }));
}

TEST_F(CompressionTest, WhatCannotBeCompressedMayBeAsLongAsTheLimit) {
  StartCompressing(2'000);
  // Stored blocks of 100 bytes: 5 bytes of overhead each.
  std::string stored;
  for (int i = 0; i < 10; ++i) {
    stored += std::string("\x00\xC8\x00\x37\xFF", 5) + std::string(200, static_cast<char>('a' + i));
  }
  OpenRaw(kOffer, ClientFrame(kDeflatedText, stored + '\0'));
  EXPECT_EQ(Messages(1)[0].size(), 2'000u);
}

TEST_F(CompressionTest, WhatIsCorruptOrNotUtf8Is1007) {
  StartCompressing();
  EXPECT_EQ(CloseCodeFor(ClientFrame(kDeflatedText, "\xFF\xFF")), 1007u);
  EXPECT_EQ(CloseCodeFor(ClientFrame(kDeflatedText, Deflated(repetitive_).substr(0, 4))), 1007u);
  EXPECT_EQ(CloseCodeFor(ClientFrame(kDeflatedText, Deflated(std::string(100, '\xFF')))), 1007u);
  EXPECT_EQ(metrics_.closed_by_violation.Value(), 3);
}

TEST_F(CompressionTest, TheBitWhereItIsNotAllowedIs1002) {
  StartCompressing();
  EXPECT_EQ(CloseCodeFor(ClientFrame(kDeflatedText, Deflated(repetitive_)), ""), 1002u)
      << "not negotiated";
  EXPECT_EQ(CloseCodeFor(ClientFrame(0xC9, "")), 1002u) << "on a ping";
  EXPECT_EQ(CloseCodeFor(ClientFrame(0x41, "a") + ClientFrame(0xC0, "b")), 1002u)
      << "on a continuation";
  EXPECT_EQ(CloseCodeFor(ClientFrame(0xE1, "x")), 1002u) << "with another bit";
}

}  // namespace
}  // namespace entitysync::ws
