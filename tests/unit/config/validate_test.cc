#include "gateway/config/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/fake_environment.h"

namespace entitysync::config {
namespace {

using ::testing::HasSubstr;

std::string Faults(const Settings& settings, const Origins& origins = {}) {
  return ToString(Validate(settings, origins, FakeEnvironment()));
}

TEST(Validate, DefaultsFitTogether) { EXPECT_EQ(Faults(Settings{}), ""); }

TEST(Validate, AFrontOpenToAllNeedsAKeyOrConsent) {
  Settings settings;
  settings.front.listen = {"0.0.0.0", 8081};
  EXPECT_THAT(Faults(settings), HasSubstr("front.listen: is open beyond this machine"));
  settings.front.bearer_key = "key";
  EXPECT_EQ(Faults(settings), "");
  settings.front.bearer_key = "";
  settings.front.insecure = true;
  EXPECT_EQ(Faults(settings), "");
}

TEST(Validate, ListenersNeedPortsOfTheirOwn) {
  Settings settings;
  settings.admin.listen = {"127.0.0.1", 8080};
  EXPECT_THAT(Faults(settings), HasSubstr("admin.listen: has the same port as websocket.listen"));
  settings.websocket.listen.host = "127.0.0.2";
  EXPECT_EQ(Faults(settings), "");
  settings.websocket.listen = settings.front.listen = settings.admin.listen = {"127.0.0.1", 0};
  EXPECT_EQ(Faults(settings), "");
}

TEST(Validate, AClashIsReportedWhereTheFileSpeaks) {
  Settings settings;
  settings.websocket.listen.port = 8082;
  EXPECT_EQ(Faults(settings, {{"websocket.listen", Place{"f", 3, 5}}}),
            "f:3:5: websocket.listen: has the same port as admin.listen (127.0.0.1:8082); give "
            "each listener a port of its own");
}

TEST(Validate, ASecondsWorthOfMessagesMayComeAtOnce) {
  Settings settings;
  settings.websocket.max_messages_per_second = 100;
  settings.websocket.message_burst = 99;
  EXPECT_THAT(Faults(settings), HasSubstr("websocket.message_burst: is below"));
  settings.websocket.message_burst = 100;
  EXPECT_EQ(Faults(settings), "");
  settings.websocket.max_messages_per_second = 0;
  settings.websocket.message_burst = 1;
  EXPECT_EQ(Faults(settings), "") << "there is no limit";
}

TEST(Validate, NatsNeedsAServer) {
  Settings settings;
  settings.bus.kind = BusKind::kNats;
  EXPECT_THAT(Faults(settings), HasSubstr("bus.nats.urls: is required"));
}

TEST(Validate, AServerWithoutTheKindIsAMistakeUnlessTheKindIsSaid) {
  Settings settings;
  settings.bus.nats.urls = {"nats://h:1"};
  EXPECT_THAT(Faults(settings), HasSubstr("has no effect without bus.kind: nats"));
  EXPECT_EQ(Faults(settings, {{"bus.kind", Place{"f", 1, 1}}}), "");
}

TEST(Validate, TargetsMustExist) {
  Settings settings;
  settings.default_target = "a";
  settings.classic.pass_through_target = "b";
  settings.entities["items"].target = "c";
  const std::string faults = Faults(settings);
  EXPECT_THAT(faults, HasSubstr("default_target: names the target a,"));
  EXPECT_THAT(faults, HasSubstr("classic.pass_through_target: names the target b,"));
  EXPECT_THAT(faults, HasSubstr("entities.items.target: names the target c,"));
}

TEST(Validate, ATypeWithoutTargetNeedsTheDefaultOne) {
  Settings settings;
  settings.entities["items"] = {};
  EXPECT_THAT(Faults(settings), HasSubstr("entities.items.target: is required"));
}

TEST(Validate, ATargetNeedsAnAddress) {
  Settings settings;
  settings.targets["app"] = {};
  EXPECT_THAT(Faults(settings), HasSubstr("targets.app.address: is required"));
}

TEST(Validate, TlsIsWholeOrAbsent) {
  Settings settings;
  settings.websocket.tls.cert_file = "/cert";
  settings.front.tls.client_ca_file = "/ca";
  settings.bus.nats.tls.key_file = "/key";
  settings.targets["app"].address = {"a:1"};
  settings.targets["app"].tls.ca_file = "/ca";
  const std::string faults = Faults(settings);
  EXPECT_THAT(faults, HasSubstr("websocket.tls.cert_file: needs websocket.tls.key_file"));
  EXPECT_THAT(faults, HasSubstr("front.tls.client_ca_file: needs front.tls.cert_file"));
  EXPECT_THAT(faults, HasSubstr("bus.nats.tls.key_file: needs bus.nats.tls.cert_file"));
  EXPECT_THAT(faults, HasSubstr("bus.nats.tls.enabled: is false but"));
  EXPECT_THAT(faults, HasSubstr("targets.app.tls.enabled: is false but"));
}

TEST(Validate, FilesMustBeReadable) {
  Settings settings;
  settings.front.tls = {"/missing", "/key", ""};
  settings.bus.nats.credentials_file = "/missing";
  settings.targets["app"].address = {"a:1"};
  settings.targets["app"].tls = {true, "/missing", "", ""};
  const std::string faults = Faults(settings);
  EXPECT_THAT(faults, HasSubstr("front.tls.cert_file: the file /missing does not exist"));
  EXPECT_THAT(faults, HasSubstr("bus.nats.credentials_file: the file /missing does not exist"));
  EXPECT_THAT(faults, HasSubstr("targets.app.tls.ca_file: the file /missing does not exist"));
}

TEST(Validate, TimesMustNotContradict) {
  Settings settings;
  settings.fetch.backoff_min = std::chrono::seconds(11);
  settings.drain.timeout = std::chrono::seconds(24);
  settings.front.notify_timeout = settings.bus.gather = std::chrono::milliseconds(60);
  const std::string faults = Faults(settings);
  EXPECT_THAT(faults, HasSubstr("front.notify_timeout: is not above bus.gather (60ms)"));
  EXPECT_THAT(faults, HasSubstr("fetch.backoff_min: is above"));
  EXPECT_THAT(faults, HasSubstr("drain.timeout: is shorter than"));
  EXPECT_THAT(faults, HasSubstr("(25s)"));
}

TEST(Environment, KnowsFilesThatCannotBeUsed) {
  const Environment environment = ProcessEnvironment();
  EXPECT_EQ(environment.file_fault("/"), "is not a file");
  EXPECT_EQ(environment.file_fault("/no/such/file"), "does not exist");
  EXPECT_EQ(environment.file_fault(CONFIGURATION_MD), "");
  EXPECT_FALSE(environment.variable("ENTITYSYNC_SURELY_NOT_SET").has_value());
}

}  // namespace
}  // namespace entitysync::config
