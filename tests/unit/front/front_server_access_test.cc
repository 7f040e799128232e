// Who may call: addresses, the bearer key, TLS.

#include <gmock/gmock.h>

#include "tests/testing/grpc_certificates.h"
#include "tests/unit/front/front_fixture.h"

namespace entitysync::front {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FrontServerAccessTest : public FrontTest {
 protected:
  grpc::StatusCode NotifyWith(const std::string& authorization) {
    grpc::ClientContext context;
    if (!authorization.empty()) context.AddMetadata("authorization", authorization);
    return Notify(context).error_code();
  }
};

TEST(IsLoopbackTest, KnowsWhatOtherHostsCannotReach) {
  for (const char* listen :
       {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "unix:/run/x"}) {
    EXPECT_TRUE(IsLoopback(listen)) << listen;
  }
  for (const char* listen : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "gateway:1", ":1",
                             "127.0.0.1.example.com:1", "localhost.example.com:1"}) {
    EXPECT_FALSE(IsLoopback(listen)) << listen;
  }
}

TEST_F(FrontServerAccessTest, OtherHostsNeedAKeyOrTheWordInsecure) {
  FrontOptions options = Loopback();
  options.listen = "0.0.0.0:0";
  const absl::Status refused = Start(options);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("set a bearer key"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("insecure"));

  options.insecure = true;
  EXPECT_TRUE(Start(options).ok());
  EXPECT_EQ(NotifyWith(""), grpc::StatusCode::OK);

  options.insecure = false;
  options.bearer_key = "k3y";
  EXPECT_TRUE(Start(options).ok());
  EXPECT_EQ(NotifyWith("Bearer k3y"), grpc::StatusCode::OK);
}

TEST_F(FrontServerAccessTest, AMissingOrWrongKeyIsUnauthenticated) {
  FrontOptions options = Loopback();
  options.bearer_key = "k3y";
  ASSERT_TRUE(Start(options).ok());
  EXPECT_EQ(NotifyWith(""), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(NotifyWith("Bearer wrong"), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(publisher_.empty());
  EXPECT_EQ(NotifyWith("Bearer k3y"), grpc::StatusCode::OK);
  EXPECT_EQ(metrics_.calls_unauthenticated.Value(), 2);
}

TEST_F(FrontServerAccessTest, ATakenPortIsAnErrorNotAShare) {
  ASSERT_TRUE(Start().ok());
  FrontOptions options = Loopback();
  options.listen = "127.0.0.1:" + std::to_string(front_->port());
  FrontServer second(
      options, publisher_, [](std::string_view) { return true; }, metrics_, base::NullLogger());
  const absl::Status status = second.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(options.listen));
}

TEST_F(FrontServerAccessTest, AnAddressWithoutPortIsRefused) {
  FrontOptions options = Loopback();
  options.listen = "localhost";
  EXPECT_EQ(Start(options).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(FrontServerAccessTest, AUnixSocketServesToo) {
  const std::string path = ::testing::TempDir() + "front-" + std::to_string(getpid()) + ".sock";
  FrontOptions options = Loopback();
  options.listen = "unix:" + path;
  ASSERT_TRUE(Start(options).ok());
  EXPECT_EQ(front_->port(), 0);
  channel_ = grpc::CreateChannel(options.listen, grpc::InsecureChannelCredentials());
  stub_ = v1::GatewayService::NewStub(channel_);
  EXPECT_TRUE(Notify().ok());
}

TEST_F(FrontServerAccessTest, WithTlsOnlyTlsIsSpoken) {
  testing::TestAuthority authority;
  const testing::TestCertificate server = authority.Issue();
  const testing::TestFile cert(server.cert);
  const testing::TestFile key(server.key);
  FrontOptions options = Loopback();
  options.tls = {cert.path(), key.path(), ""};
  ASSERT_TRUE(Start(options).ok());
  EXPECT_EQ(NotifyWith(""), grpc::StatusCode::UNAVAILABLE);
  Connect(grpc::SslCredentials({authority.cert(), "", ""}));
  EXPECT_EQ(NotifyWith(""), grpc::StatusCode::OK);
}

TEST_F(FrontServerAccessTest, WithAClientAuthorityCallersMustShowItsCertificate) {
  testing::TestAuthority authority;
  testing::TestAuthority stranger;
  const testing::TestCertificate server = authority.Issue();
  const testing::TestCertificate friendly = authority.Issue();
  const testing::TestCertificate strange = stranger.Issue();
  const testing::TestFile cert(server.cert);
  const testing::TestFile key(server.key);
  const testing::TestFile ca(authority.cert());
  FrontOptions options = Loopback();
  options.tls = {cert.path(), key.path(), ca.path()};
  ASSERT_TRUE(Start(options).ok());
  Connect(grpc::SslCredentials({authority.cert(), "", ""}));
  EXPECT_EQ(NotifyWith(""), grpc::StatusCode::UNAVAILABLE);
  Connect(grpc::SslCredentials({authority.cert(), strange.key, strange.cert}));
  EXPECT_EQ(NotifyWith(""), grpc::StatusCode::UNAVAILABLE);
  Connect(grpc::SslCredentials({authority.cert(), friendly.key, friendly.cert}));
  EXPECT_EQ(NotifyWith(""), grpc::StatusCode::OK);
}

TEST_F(FrontServerAccessTest, TlsFilesThatCannotWorkAreRefused) {
  testing::TestAuthority authority;
  const testing::TestCertificate first = authority.Issue();
  const testing::TestFile cert(first.cert);
  const testing::TestFile key(first.key);
  const testing::TestFile other_key(authority.Issue().key);
  const auto error_of = [this](const FrontTls& tls) {
    FrontOptions options = Loopback();
    options.tls = tls;
    const absl::Status status = Start(options);
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("-----")));
    return std::string(status.message());
  };
  EXPECT_THAT(error_of({cert.path(), "", ""}), HasSubstr("both"));
  EXPECT_THAT(error_of({"", "", cert.path()}), HasSubstr("both"));
  EXPECT_THAT(error_of({"/nonexistent.pem", key.path(), ""}), HasSubstr("/nonexistent.pem"));
  EXPECT_THAT(error_of({key.path(), key.path(), ""}), HasSubstr("with a certificate"));
  EXPECT_THAT(error_of({cert.path(), other_key.path(), ""}), HasSubstr("belong together"));
}

}  // namespace
}  // namespace entitysync::front
