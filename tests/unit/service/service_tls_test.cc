// Both directions under TLS with certificates on both sides.
#include <gtest/gtest.h>

#include "entitysync/service.h"
#include "tests/testing/fake_gateway.h"
#include "tests/testing/grpc_certificates.h"
#include "tests/unit/service/entity_client.h"

namespace entitysync {
namespace {

using testing::TestFile;

class ServiceTlsTest : public ::testing::Test {
 protected:
  std::shared_ptr<grpc::ServerCredentials> GatewayCredentials() {
    grpc::SslServerCredentialsOptions options(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = authority_.cert();
    options.pem_key_cert_pairs.push_back({certificate_.key, certificate_.cert});
    return grpc::SslServerCredentials(options);
  }

  testing::TestAuthority authority_;
  testing::TestCertificate certificate_ = authority_.Issue();
  TestFile ca_{authority_.cert()}, cert_{certificate_.cert}, key_{certificate_.key};
};

TEST_F(ServiceTlsTest, AnswersOnlyWhoHasACertificate) {
  ServiceOptions options;
  options.listen = "127.0.0.1:0";
  options.tls = {cert_.path(), key_.path(), ca_.path()};
  options.default_fetch = [](const FetchContext&) { return Answer{}; };
  auto service = Service::Start(std::move(options));
  ASSERT_TRUE(service.ok()) << service.status();

  EntityClient gateway(
      (*service)->port(),
      grpc::SslCredentials({authority_.cert(), certificate_.key, certificate_.cert}));
  EXPECT_EQ(gateway.FetchCode("items", "1", ""), grpc::StatusCode::OK);

  v1::FetchEntityResponse response;
  for (const auto& credentials :
       {grpc::InsecureChannelCredentials(), grpc::SslCredentials({authority_.cert(), "", ""})}) {
    EntityClient stranger((*service)->port(), credentials);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    stranger.wait_for_ready = false;
    EXPECT_EQ(stranger.Fetch(context, FetchRequest("items", "1"), response).error_code(),
              grpc::StatusCode::UNAVAILABLE);
  }
}

TEST_F(ServiceTlsTest, NotifiesAGatewayThatAsksForACertificate) {
  testing::FakeGateway gateway(GatewayCredentials());
  NotifierOptions options;
  options.gateways = {gateway.address()};
  options.timeout = std::chrono::seconds(20);
  options.tls = {true, ca_.path(), cert_.path(), key_.path()};
  auto notifier = Notifier::Create(options);
  ASSERT_TRUE(notifier.ok()) << notifier.status();
  EXPECT_TRUE((*notifier)->Notify(EntityKey{"items", "1"}).ok());

  options.tls = {true, ca_.path(), "", ""};
  options.timeout = std::chrono::milliseconds(200);
  notifier = Notifier::Create(options);
  ASSERT_TRUE(notifier.ok()) << notifier.status();
  EXPECT_EQ((*notifier)->Notify(EntityKey{"items", "1"}).code(), absl::StatusCode::kUnavailable);
}

TEST_F(ServiceTlsTest, HalfAPairIsRefused) {
  ServiceOptions options;
  options.listen = "127.0.0.1:0";
  options.tls.certificate_file = cert_.path();
  EXPECT_EQ(Service::Start(options).status().code(), absl::StatusCode::kInvalidArgument);
  options.tls = {"", "", ca_.path()};
  EXPECT_EQ(Service::Start(options).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace entitysync
