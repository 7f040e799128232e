// Addresses, lost and returning applications, TLS.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/testing/grpc_certificates.h"
#include "tests/unit/fetch_grpc/target_fixture.h"

namespace entitysync::fetch_grpc {
namespace {

using testing::GrpcApplication;
using ::testing::HasSubstr;
using ::testing::Not;

std::string PortOf(const GrpcApplication& application) {
  return application.address().substr(application.address().rfind(':'));
}

// Fetches until `code` is answered `in_a_row` times running.
bool AwaitCode(GrpcTarget& target, absl::StatusCode code, int in_a_row = 1) {
  const auto deadline = std::chrono::steady_clock::now() + testing::kTestPatience;
  int seen = 0;
  while (seen < in_a_row) {
    seen = CodeOf(Fetch(target)) == code ? seen + 1 : 0;
    if (std::chrono::steady_clock::now() > deadline) return false;
  }
  return true;
}

TEST(GrpcTargetNetworkTest, ADeadApplicationIsUnavailableAtOnce) {
  GrpcApplication application;
  ASSERT_TRUE(application.Start().ok());
  application.Stop();
  // With the timeout of an hour, an answer shows that the call did not wait for a connection.
  const auto target = TargetFor(OptionsFor({application.address()}));
  EXPECT_EQ(CodeOf(Fetch(*target)), absl::StatusCode::kUnavailable);
}

TEST(GrpcTargetNetworkTest, AnApplicationThatComesBackIsFoundAgain) {
  GrpcApplication application;
  ASSERT_TRUE(application.Start().ok());
  const auto target = TargetFor(OptionsFor({application.address()}));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(AwaitCode(*target, absl::StatusCode::kOk));
    application.Stop();
    EXPECT_TRUE(AwaitCode(*target, absl::StatusCode::kUnavailable));
    ASSERT_TRUE(application.Start().ok());
  }
  EXPECT_TRUE(AwaitCode(*target, absl::StatusCode::kOk));
}

TEST(GrpcTargetNetworkTest, ACallUnderWayWhenTheApplicationDiesEnds) {
  GrpcApplication application;
  ASSERT_TRUE(application.Start().ok());
  const auto target = TargetFor(OptionsFor({application.address()}));
  application.Hold();
  PendingAnswers fetch = Fetch(*target);
  ASSERT_TRUE(application.AwaitCalls(1));
  application.Stop();
  EXPECT_NE(CodeOf(std::move(fetch)), absl::StatusCode::kOk);
}

TEST(GrpcTargetNetworkTest, ConnectingIsTriedAgainWithoutLongPauses) {
  // Takes connections and hangs up, which costs gRPC the time of an attempt: 1.6 s here, 5 s if it
  // were left to itself. Six attempts then would not fit into a test's patience.
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 16), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);

  const auto target =
      TargetFor(OptionsFor({"127.0.0.1:" + std::to_string(ntohs(address.sin_port))}));
  const auto deadline = std::chrono::steady_clock::now() + testing::kTestPatience;
  int attempts = 0;
  while (attempts < 6 && std::chrono::steady_clock::now() < deadline) {
    pollfd readable = {listener, POLLIN, 0};
    if (poll(&readable, 1, 1000) == 1) {
      close(accept(listener, nullptr, nullptr));
      ++attempts;
    }
  }
  close(listener);
  EXPECT_EQ(attempts, 6);
}

class TwoAddressesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(first_.Start().ok());
    ASSERT_TRUE(second_.Start().ok());
  }

  // Both get their share once both are connected.
  void ExpectRoundRobin(GrpcTarget& target) {
    const auto deadline = std::chrono::steady_clock::now() + testing::kTestPatience;
    while (first_.calls() == 0 || second_.calls() == 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      ASSERT_EQ(CodeOf(Fetch(target)), absl::StatusCode::kOk);
    }
    const int first = first_.calls();
    const int second = second_.calls();
    for (int i = 0; i < 20; ++i) ASSERT_EQ(CodeOf(Fetch(target)), absl::StatusCode::kOk);
    EXPECT_EQ(first_.calls() - first, 10);
    EXPECT_EQ(second_.calls() - second, 10);
  }

  GrpcApplication first_;
  GrpcApplication second_;
};

TEST_F(TwoAddressesTest, AListGoesRoundRobin) {
  ExpectRoundRobin(*TargetFor(OptionsFor({first_.address(), second_.address()})));
}

TEST_F(TwoAddressesTest, AListMayMixNamesAndLiterals) {
  ExpectRoundRobin(*TargetFor(OptionsFor({"localhost" + PortOf(first_), second_.address()})));
}

TEST_F(TwoAddressesTest, AGrpcTargetWithTwoAddressesGoesRoundRobin) {
  ExpectRoundRobin(*TargetFor(OptionsFor({"ipv4:" + first_.address() + "," + second_.address()})));
}

TEST_F(TwoAddressesTest, OneThatDiesIsLeftOutUntilItIsBack) {
  const auto target = TargetFor(OptionsFor({first_.address(), second_.address()}));
  ExpectRoundRobin(*target);
  first_.Stop();
  EXPECT_TRUE(AwaitCode(*target, absl::StatusCode::kOk, /*in_a_row=*/10));
  ASSERT_TRUE(first_.Start().ok());
  const int before = first_.calls();
  const auto deadline = std::chrono::steady_clock::now() + testing::kTestPatience;
  while (first_.calls() == before && std::chrono::steady_clock::now() < deadline) {
    EXPECT_EQ(CodeOf(Fetch(*target)), absl::StatusCode::kOk);
  }
  EXPECT_GT(first_.calls(), before);
}

class GrpcTargetTlsTest : public ::testing::Test {
 protected:
  GrpcTargetOptions Options(const GrpcApplication& application) {
    GrpcTargetOptions options = OptionsFor({application.address()});
    options.tls.enabled = true;
    options.tls.ca_file = ca_.path();
    return options;
  }

  testing::TestAuthority authority_;
  testing::TestAuthority stranger_;
  const testing::TestCertificate server_ = authority_.Issue();
  testing::TestFile ca_{authority_.cert()};
  testing::TestFile strange_ca_{stranger_.cert()};
};

TEST_F(GrpcTargetTlsTest, OnlyACertificateOfTheAuthorityIsTrusted) {
  GrpcApplication application({server_.cert, server_.key, ""});
  ASSERT_TRUE(application.Start().ok());
  GrpcTargetOptions options = Options(application);
  EXPECT_EQ(CodeOf(Fetch(*TargetFor(options))), absl::StatusCode::kOk);

  options.tls.server_name = "other.example";
  EXPECT_EQ(CodeOf(Fetch(*TargetFor(options))), absl::StatusCode::kUnavailable);
  options.tls.server_name = "localhost";
  EXPECT_EQ(CodeOf(Fetch(*TargetFor(options))), absl::StatusCode::kOk);
  options.tls.ca_file = strange_ca_.path();
  EXPECT_EQ(CodeOf(Fetch(*TargetFor(options))), absl::StatusCode::kUnavailable);
  options.tls.enabled = false;
  EXPECT_EQ(CodeOf(Fetch(*TargetFor(options))), absl::StatusCode::kUnavailable);
}

TEST_F(GrpcTargetTlsTest, ItsOwnCertificateIsShownIfThereIsOne) {
  GrpcApplication application({server_.cert, server_.key, authority_.cert()});
  ASSERT_TRUE(application.Start().ok());
  GrpcTargetOptions options = Options(application);
  EXPECT_EQ(CodeOf(Fetch(*TargetFor(options))), absl::StatusCode::kUnavailable);

  const testing::TestCertificate own = authority_.Issue();
  const testing::TestFile cert(own.cert);
  const testing::TestFile key(own.key);
  options.tls.cert_file = cert.path();
  options.tls.key_file = key.path();
  EXPECT_EQ(CodeOf(Fetch(*TargetFor(options))), absl::StatusCode::kOk);
}

TEST_F(GrpcTargetTlsTest, WhatCannotWorkIsRefusedWithWhatToChange) {
  const auto error_of = [](const GrpcTargetOptions& options) {
    const auto target = GrpcTarget::Create(options, base::NullLogger());
    EXPECT_EQ(target.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(target.status().message());
  };
  GrpcTargetOptions options = OptionsFor({"app:9000"});
  options.tls = {true, "/nonexistent/ca.pem", "", "", ""};
  EXPECT_THAT(error_of(options), HasSubstr("cannot open \"/nonexistent/ca.pem\""));
  options.tls = {true, "", "cert.pem", "", ""};
  EXPECT_THAT(error_of(options), HasSubstr("name both"));
  const testing::TestFile garbage("not a certificate");
  options.tls = {true, garbage.path(), "", "", ""};
  EXPECT_THAT(error_of(options), HasSubstr("is not a PEM file with a certificate"));
  options.tls = {};
  options.bearer_key = "bad\nkey";
  EXPECT_THAT(error_of(options), HasSubstr("printable ASCII"));
  EXPECT_THAT(error_of(options), Not(HasSubstr("bad")));
  options.bearer_key = "";
  options.addresses = {"ipv4:nonsense"};
  EXPECT_THAT(error_of(options), HasSubstr("target \"shop\": gRPC cannot use"));
}

}  // namespace
}  // namespace entitysync::fetch_grpc
