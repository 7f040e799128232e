#include "gateway/ws/tls_socket.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <string>

#include "gateway/ws/tls.h"
#include "tests/unit/ws/key_and_certificate.h"
#include "tests/unit/ws/tls_peer.h"

namespace entitysync::ws {
namespace {

// A server's end over a socket pair, whose other end the test carries bytes to and from. One
// thread.
class TlsSocketTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string folder = ::testing::TempDir() + "/tls_socket_" + std::to_string(getpid());
    const TlsOptions files{folder + "_cert.pem", folder + "_key.pem"};
    WriteKeyAndCertificate(files.key_file, files.cert_file);
    context_ = *MakeTlsContext(files);
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    const int small = 4'096;
    ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    TcpSocket socket(io_.get_executor());
    socket.assign(boost::asio::ip::tcp::v4(), ends[0]);
    wire_ = ends[1];
    server_.emplace(std::move(socket), *context_, scratch_);
  }
  ~TlsSocketTest() override {
    server_.reset();
    if (wire_ >= 0) ::close(wire_);
  }

  // Lets the server do what it can.
  void Run() {
    io_.restart();
    io_.poll();
  }

  // What the server has sent, without reading more.
  std::string FromWire(size_t most = 1 << 20) {
    std::string bytes(most, '\0');
    const ssize_t got = ::recv(wire_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    bytes.resize(got < 0 ? 0 : static_cast<size_t>(got));
    return bytes;
  }
  // Sends to the server; false if the wire takes no more.
  bool ToWire(std::string_view bytes) {
    return ::send(wire_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }

  // What was sent to the server and not received by it.
  size_t OnTheWire() {
    int bytes = 0;
    ::ioctl(server_->next_layer().native_handle(), FIONREAD, &bytes);
    return static_cast<size_t>(bytes);
  }

  void ShakeHands() {
    bool server_done = false;
    server_->async_handshake([&](TlsSocket::Error error) {
      EXPECT_FALSE(error) << error.message();
      server_done = true;
    });
    for (int i = 0; i < 100 && !(peer_.Handshake() && server_done); ++i) {
      ToWire(peer_.TakeOutput());
      Run();
      peer_.Take(FromWire(1'000));  // In pieces, so that the server has to wait for the wire.
    }
    EXPECT_TRUE(server_done);
    while (!Exchange().empty()) {
    }
    peer_.ForgetRecords();
  }

  // Carries what both ends have to say; returns what the server said.
  std::string Exchange() {
    ToWire(peer_.TakeOutput());
    Run();
    return peer_.Take(FromWire());
  }

  // Begins a read of the server; `got_` and `error_` tell.
  void Read() {
    got_.reset();
    server_->async_read_some(boost::asio::buffer(room_),
                             [this](TlsSocket::Error error, size_t size) {
                               error_ = error;
                               got_ = std::string(room_, size);
                             });
  }

  boost::asio::io_context io_{1};
  std::shared_ptr<boost::asio::ssl::context> context_;
  TlsScratch scratch_;
  int wire_ = -1;
  std::optional<TlsSocket> server_;
  TlsPeer peer_;
  char room_[1'024];
  std::optional<std::string> got_;
  TlsSocket::Error error_;
};

TEST_F(TlsSocketTest, ReadsWhatComesAndWaitsForTheRest) {
  ShakeHands();
  Read();
  peer_.Write("hello");
  const std::string record = peer_.TakeOutput();
  ToWire(record.substr(0, 10));
  Run();
  EXPECT_FALSE(got_.has_value());
  ToWire(record.substr(10));
  Run();
  EXPECT_EQ(got_, "hello");
}

TEST_F(TlsSocketTest, WhatWasReadAheadIsNotForgotten) {
  ShakeHands();
  for (const char* text : {"one", "two", "three"}) peer_.Write(text);
  peer_.Write(std::string(1'500, 'x'));
  ToWire(peer_.TakeOutput());
  const std::string long_text(1'024, 'x');
  for (const std::string& expected : {std::string("one"), std::string("two"), std::string("three"),
                                      long_text, long_text.substr(0, 476)}) {
    Read();
    Run();
    EXPECT_EQ(got_, expected);
  }
}

TEST_F(TlsSocketTest, HandlersAreNeverCalledWithinTheCall) {
  ShakeHands();
  peer_.Write("one");
  peer_.Write("two");
  ToWire(peer_.TakeOutput());
  Read();
  Run();
  Read();  // What was read ahead is there already.
  EXPECT_FALSE(got_.has_value());
  Run();
  EXPECT_EQ(got_, "two");
}

TEST_F(TlsSocketTest, WhatTheKernelDoesNotTakeWaitsAndArrivesWhole) {
  ShakeHands();
  std::string expected;
  std::string arrived;
  for (int i = 0; i < 20; ++i) {
    const std::string text(10'000, static_cast<char>('a' + i));
    expected += text;
    ASSERT_TRUE(server_->Seal(text.data(), text.size()));
    ASSERT_TRUE(server_->Send());
  }
  const size_t behind = server_->unsent_bytes();
  EXPECT_GT(behind, 100'000u);
  while (server_->unsent_bytes() > 0) {
    arrived += peer_.Take(FromWire(5'000));
    ASSERT_TRUE(server_->Send());
  }
  while (arrived.size() < expected.size()) arrived += Exchange();
  EXPECT_EQ(arrived, expected);
  EXPECT_EQ(peer_.records().size(), 20u);
}

TEST_F(TlsSocketTest, WhatWaitedCostsNothingWhenItIsGone) {
  const auto allocated = [] {
    const struct mallinfo2 info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  ShakeHands();
  const std::string text(10'000, 'x');
  const size_t before = allocated();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(server_->Seal(text.data(), text.size()));
    ASSERT_TRUE(server_->Send());
  }
  EXPECT_GT(server_->unsent_bytes(), 400'000u);
  while (server_->unsent_bytes() > 0) {
    FromWire();
    ASSERT_TRUE(server_->Send());
  }
  EXPECT_LT(allocated(), before + 200'000);
}

TEST_F(TlsSocketTest, NewKeysAreAnsweredAndDataGoesOn) {
  ShakeHands();
  Read();
  peer_.UpdateKeys();
  peer_.Write("under new keys");
  EXPECT_EQ(Exchange(), "");
  EXPECT_EQ(got_, "under new keys");
  server_->Seal("as well", 7);
  server_->Send();
  EXPECT_EQ(Exchange(), "as well");
}

// Each makes the server answer: it must not answer into memory without end.
TEST_F(TlsSocketTest, APeerThatWantsAnswersAndReadsNoneIsNotReadFrom) {
  ShakeHands();
  Read();
  constexpr int kFarTooMany = 100'000;
  int updates = 0;
  size_t most_unsent = 0;
  std::string unsent;
  for (bool is_taken = true; is_taken && updates < kFarTooMany; ++updates) {
    peer_.UpdateKeys();
    peer_.Write("data");  // So that the read is done, and another begins.
    unsent = peer_.TakeOutput();
    Run();
    if (got_.has_value()) Read();
    most_unsent = std::max(most_unsent, server_->unsent_bytes());
    is_taken = ToWire(unsent);
  }
  EXPECT_LT(updates, kFarTooMany) << "the server reads on";
  EXPECT_LT(most_unsent, 64u * 1024);
  // When it reads, all goes on.
  while (!ToWire(unsent)) Exchange();
  peer_.Write("still here");
  while (got_ != "still here") {
    if (got_.has_value()) Read();
    Exchange();
  }
}

// A client that fills the wire as fast as it is emptied must not keep the loop in one call.
TEST_F(TlsSocketTest, AFloodOfNewKeysIsTakenInTurns) {
  ShakeHands();
  Read();
  std::string flood;
  while (flood.size() < 100'000) {
    peer_.UpdateKeys();
    flood += peer_.TakeOutput();
  }
  peer_.Write("behind it");
  flood += peer_.TakeOutput();
  ASSERT_TRUE(ToWire(flood));
  size_t turns = 0;
  size_t most_at_once = 0;
  for (std::string answers; !got_.has_value() && turns < 1'000; ++turns) {
    const size_t before = OnTheWire();
    io_.restart();
    io_.poll_one();
    most_at_once = std::max(most_at_once, before - OnTheWire());
    peer_.Take(FromWire());
  }
  EXPECT_EQ(got_, "behind it");
  EXPECT_LT(most_at_once, 40u * 1024);
  EXPECT_LT(scratch_.sealed.capacity(), 256u * 1024);
}

// A record of TLS 1.2 can ask for thousands of refusals, each longer than what asks for it.
TEST_F(TlsSocketTest, RoomForAnUnusualAnswerIsGivenBack) {
  ShakeHands();
  const std::string text(16 * 1024, 'x');
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(server_->Seal(text.data(), text.size()));
  EXPECT_GT(scratch_.sealed.capacity(), 256u * 1024);
  ASSERT_TRUE(server_->Send());
  EXPECT_LT(scratch_.sealed.capacity(), 1'024u);
}

TEST_F(TlsSocketTest, AGoodbyeIsSaidOnceAndComesThroughEvenIfTheWireIsFull) {
  ShakeHands();
  const std::string text(16'000, 'x');
  while (server_->unsent_bytes() == 0) {
    server_->Seal(text.data(), text.size());
    server_->Send();
  }
  bool is_said = false;
  server_->async_shutdown([&](TlsSocket::Error error) {
    EXPECT_FALSE(error);
    is_said = true;
  });
  Run();
  EXPECT_FALSE(is_said);
  while (!is_said) Exchange();
  while (!Exchange().empty()) {
  }
  EXPECT_TRUE(peer_.got_goodbye());
}

TEST_F(TlsSocketTest, TheEndsOfAPeerAreToldApart) {
  ShakeHands();
  Read();
  SSL_shutdown(peer_.ssl());
  Exchange();
  EXPECT_EQ(error_, boost::asio::error::eof);
}

TEST_F(TlsSocketTest, APeerThatTalksNonsenseIsAnError) {
  ShakeHands();
  Read();
  ToWire("\x17\x03\x03\x00\x20" + std::string(32, 'x'));
  Run();
  ASSERT_TRUE(got_.has_value());
  EXPECT_EQ(error_, boost::asio::error::connection_aborted);
}

TEST_F(TlsSocketTest, APeerThatVanishesEndsWhatItSaid) {
  ShakeHands();
  Read();
  ::close(std::exchange(wire_, -1));
  Run();
  ASSERT_TRUE(got_.has_value());
  EXPECT_EQ(error_, boost::asio::error::eof);
}

TEST_F(TlsSocketTest, AResetIsToldAsSuch) {
  ShakeHands();
  server_->Seal("unread", 6);
  server_->Send();
  Read();
  ::close(std::exchange(wire_, -1));  // With unread bytes, which resets it.
  Run();
  ASSERT_TRUE(got_.has_value());
  EXPECT_EQ(error_, boost::asio::error::connection_reset);
}

TEST_F(TlsSocketTest, AHandshakeThatIsNoneFails) {
  TlsSocket::Error error;
  server_->async_handshake([&](TlsSocket::Error given) { error = given; });
  ToWire(std::string("\x16\x03\x01\x00\x05hello", 10));
  Run();
  EXPECT_EQ(error, boost::asio::error::connection_aborted);
  EXPECT_FALSE(FromWire().empty()) << "an alert says so";
}

}  // namespace
}  // namespace entitysync::ws
