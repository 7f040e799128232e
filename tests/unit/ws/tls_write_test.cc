#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "tests/unit/ws/key_and_certificate.h"
#include "tests/unit/ws/segments_received.h"
#include "tests/unit/ws/socket_fixture.h"
#include "tests/unit/ws/tls_peer.h"

namespace entitysync::ws {
namespace {

constexpr size_t kRecord = 16 * 1024;

// A server that speaks TLS, and a client that sees its records.
class TlsWriteTest : public SocketTest {
 protected:
  void Start(size_t send_buffer_bytes = 1 << 20, int receive_buffer_bytes = 1 << 20) {
    const std::string folder = ::testing::TempDir() + "/tls_write_" + std::to_string(getpid());
    Options options = TestOptions();
    options.send_buffer_bytes = send_buffer_bytes;
    options.tls = {folder + "_cert.pem", folder + "_key.pem"};
    WriteKeyAndCertificate(options.tls.key_file, options.tls.cert_file);
    StartServer(options);
    socket_.emplace(io_, tcp::v4());
    socket_->set_option(tcp::socket::receive_buffer_size(receive_buffer_bytes));
    socket_->connect({boost::asio::ip::make_address("127.0.0.1"), server_->port()});
    while (!peer_.Handshake()) {
      Say();
      peer_.Take(Hear());
    }
    peer_.Write(UpgradeText());
    Say();
    while (head_.find("\r\n\r\n") == std::string::npos) head_ += peer_.Take(Hear());
    ASSERT_TRUE(sessions_.WaitForOpen(1));
    OnLoop([] {});
    peer_.ForgetRecords();
  }

  void Say() { boost::asio::write(*socket_, boost::asio::buffer(peer_.TakeOutput())); }
  std::string Hear(size_t most = 1 << 20) {
    std::string bytes(most, '\0');
    bytes.resize(socket_->read_some(boost::asio::buffer(bytes)));
    return bytes;
  }
  std::string HearText(size_t size, size_t most = 1 << 20) {
    std::string text;
    while (text.size() < size) text += peer_.Take(Hear(most));
    return text;
  }

  // What the server puts into one turn of its loop.
  void SendInOneTurn(int frames, size_t payload) {
    OnLoop([=, this] {
      for (int i = 0; i < frames; ++i) {
        sessions_.transport(0).Send(TextFrame(std::string(payload, 'x')));
      }
    });
  }
  size_t Unsent() {
    size_t unsent = 0;
    OnLoop([&] { unsent = sessions_.transport(0).UnsentBytes(); });
    return unsent;
  }

  std::optional<tcp::socket> socket_;
  TlsPeer peer_;
  std::string head_;  // Of the server's answer.
};

TEST_F(TlsWriteTest, WhatOneTurnQueuedIsOneRecord) {
  Start();
  SendInOneTurn(100, 100);
  HearText(100 * 102);
  EXPECT_EQ(peer_.records().size(), 1u);
}

TEST_F(TlsWriteTest, ManyFramesFillTheirRecordsAndLeaveTogether) {
  Start();
  const uint32_t segments_before = SegmentsReceived(socket_->native_handle());
  SendInOneTurn(500, 98);
  HearText(50'000);
  EXPECT_EQ(peer_.records().size(), 4u) << "three full ones and the rest";
  EXPECT_LE(SegmentsReceived(socket_->native_handle()), segments_before + 2) << "one per record";
}

TEST_F(TlsWriteTest, ALongFrameBetweenShortOnesKeepsItsPlace) {
  Start();
  OnLoop([this] {
    session::Transport& transport = sessions_.transport(0);
    transport.Send(TextFrame("short"));
    transport.Send(TextFrame(std::string(100'000, 'x')));
    transport.Send(TextFrame("end"));
  });
  const std::string expected = std::string(TextFrame("short")->bytes()) +
                               std::string(TextFrame(std::string(100'000, 'x'))->bytes()) +
                               std::string(TextFrame("end")->bytes());
  EXPECT_EQ(HearText(expected.size()), expected);
  EXPECT_EQ(peer_.records().size(), expected.size() / kRecord + 1);
}

TEST_F(TlsWriteTest, ASlowReaderGetsEverythingAndIsSeenToProgress) {
  Start(4'096, 4'096);
  SendInOneTurn(1'000, 1'000);
  const size_t all = 1'000 * 1'004;
  size_t unsent = Unsent();
  EXPECT_GT(unsent, 0u);
  base::TimePoint progress = {};
  size_t heard = 0;
  size_t steps = 0;
  while (heard < all) {
    heard += peer_.Take(Hear(2'000)).size();
    const size_t now_unsent = Unsent();
    EXPECT_LE(now_unsent, unsent);
    if (now_unsent == unsent) continue;
    ++steps;
    unsent = now_unsent;
    OnLoop([&] {
      const base::TimePoint now = sessions_.transport(0).LastProgress();
      EXPECT_GE(now, progress);
      progress = now;
    });
  }
  EXPECT_EQ(heard, all);
  const size_t batches = all / (4 * kRecord) + 1;
  EXPECT_GT(steps, 3 * batches) << "what is unsent shrinks as bytes leave, not by whole batches";
  while (Unsent() > 0) {
  }
  EXPECT_EQ(metrics_.bytes_sent.Value(), all + head_.size());
}

TEST_F(TlsWriteTest, ACloseBehindWhatIsStuckComesAfterIt) {
  Start(4'096);
  SendInOneTurn(1, 3'000'000);
  OnLoop([this] {
    session::Transport& transport = sessions_.transport(0);
    transport.Send(TextFrame("not begun"));
    transport.Close(protocol::CloseCode::kRestart, "restart");
  });
  const size_t close_frame = 2 + 2 + 7;
  const std::string heard = HearText(3'000'010 + close_frame);
  EXPECT_EQ(heard.substr(heard.size() - close_frame), "\x88\x09\x03\xF4restart");
  peer_.Write(ClientFrame(0x88, "\x03\xF4"));
  Say();
  while (!peer_.got_goodbye()) peer_.Take(Hear());
  socket_->close();
  ASSERT_TRUE(sessions_.WaitForClosed(0));
}

}  // namespace
}  // namespace entitysync::ws
