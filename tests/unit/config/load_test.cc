#include "gateway/config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "gateway/base/random.h"
#include "tests/unit/config/fake_environment.h"

namespace entitysync::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Faults(std::string_view yaml, const Environment& environment = FakeEnvironment()) {
  return std::string(Load(yaml, "f", environment).status().message());
}

TEST(Load, NothingAtAllIsValid) {
  const auto settings = Load("", "f", FakeEnvironment());
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(*settings, Settings{});
  EXPECT_EQ(settings->bus.kind, BusKind::kInProcess);
}

TEST(Load, FillsWhatIsSaidAndKeepsTheOtherDefaults) {
  const auto settings = Load(R"(
prefix: shop
websocket:
  listen: 0.0.0.0:9090
  allowed_origins: [https://shop.example, "http://localhost:3000"]
  heartbeat_interval: 20s
bus:
  kind: nats
  nats: {urls: nats://n:4222, write_deadline: 500ms}
targets:
  app: {address: dns:///app:9000, max_in_flight: 8}
  two:
    address: [a:1, b:2]
default_target: app
entities:
  items: {classic_snapshot: true}
  order lines: {target: two, keep_state: 1m}
  bare:
fetch: {keep_state: 5s}
log: {level: debug, format: json}
)",
                             "f", FakeEnvironment());
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->prefix, "shop");
  EXPECT_EQ(settings->websocket.listen, (ListenAddress{"0.0.0.0", 9090}));
  EXPECT_THAT(settings->websocket.allowed_origins,
              ElementsAre("https://shop.example", "http://localhost:3000"));
  EXPECT_EQ(settings->websocket.heartbeat_interval, std::chrono::seconds(20));
  EXPECT_EQ(settings->websocket.close_timeout, std::chrono::seconds(5));
  EXPECT_EQ(settings->bus.nats.write_deadline, std::chrono::milliseconds(500));
  EXPECT_EQ(settings->targets.at("app").max_in_flight, 8u);
  EXPECT_THAT(settings->targets.at("two").address, ElementsAre("a:1", "b:2"));
  EXPECT_EQ(settings->entities.size(), 3u);
  EXPECT_EQ(*TargetOf(*settings, "order lines"), "two");
  EXPECT_EQ(*TargetOf(*settings, "bare"), "app");
  EXPECT_EQ(*TargetOf(*settings, "never named"), "app");
  EXPECT_TRUE(ClassicSnapshot(*settings, "items"));
  EXPECT_FALSE(ClassicSnapshot(*settings, "bare"));
  EXPECT_EQ(KeepState(*settings, "order lines"), std::chrono::minutes(1));
  EXPECT_EQ(KeepState(*settings, "bare"), std::chrono::seconds(5));
  EXPECT_EQ(KeepState(*settings, "never named"), std::chrono::seconds(5));
  EXPECT_EQ(settings->log.format, LogFormat::kJson);
}

TEST(Load, TakesVariablesOfEveryType) {
  const Environment environment =
      FakeEnvironment({{"KEY", "k3y"}, {"WAIT", "3s"}, {"YES", "true"}});
  const auto settings = Load(
      "front:\n  bearer_key: ${env:KEY}\n  notify_timeout: ${env:WAIT}\n"
      "  insecure: \"${env:YES}\"\nprefix: ${env:PREFIX:-dev}\n"
      "bus: {kind: nats, nats: {urls: \"${env:URLS:-nats://a:1,nats://b:2}\"}}\n",
      "f", environment);
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->front.bearer_key, "k3y");
  EXPECT_EQ(settings->front.notify_timeout, std::chrono::seconds(3));
  EXPECT_TRUE(settings->front.insecure);
  EXPECT_EQ(settings->prefix, "dev");
  EXPECT_THAT(settings->bus.nats.urls, ElementsAre("nats://a:1", "nats://b:2"));
}

TEST(Load, ReportsEverythingAtOnceWithItsPlaceInTheOrderOfTheFile) {
  EXPECT_EQ(Faults(R"(workers: many
websocket:
  listen: here
  heartbeat_intervall: 20s
  tls: {cert_file: /cert}
front: 7
entities:
  items: {target: nowhere}
  items: {}
log:
  level:
)"),
            "f:1:10: workers: not a number; write digits only, as in 10000\n"
            "f:3:11: websocket.listen: not an address to listen on; write an IP address and a "
            "port, as in 127.0.0.1:8081, [::1]:8081, or 0.0.0.0:8081 for all interfaces\n"
            "f:4:3: websocket.heartbeat_intervall: unknown setting; did you mean "
            "heartbeat_interval?\n"
            "f:5:20: websocket.tls.cert_file: needs websocket.tls.key_file; set both or neither\n"
            "f:6:8: front: must be a map of settings; write each below it as `name: value`, with a "
            "blank after the colon\n"
            "f:8:19: entities.items.target: names the target nowhere, which is not among targets; "
            "define it there\n"
            "f:9:3: entities.items: given twice; remove one of the two\n"
            "f:11:3: log.level: has no value; give one or remove the line");
}

TEST(Load, UnknownNamesAreAnsweredWithTheKnownOnes) {
  EXPECT_THAT(Faults("admin: {port: 1}"), HasSubstr("admin.port: unknown setting; what can stand "
                                                    "here: listen"));
  EXPECT_THAT(Faults("websockets: {}"), HasSubstr("did you mean websocket?"));
  EXPECT_THAT(Faults("websocket.listen: 1.1.1.1:1"), HasSubstr("f:1:1: websocket.listen: unknown"));
  EXPECT_THAT(Faults("targets: {app: {addres: a:1}}"),
              HasSubstr("targets.app.addres: unknown setting; did you mean address?"));
  EXPECT_THAT(Faults("\"<name>\": 1"), HasSubstr("not the name of a setting"));
}

TEST(Load, WrongTypesAreReported) {
  EXPECT_THAT(Faults("prefix: [a, b]"), HasSubstr("prefix: must be a single value"));
  EXPECT_THAT(Faults("prefix: {a: b}"), HasSubstr("prefix: must be a single value"));
  EXPECT_THAT(Faults("websocket: {allowed_origins: {a: b}}"), HasSubstr("a value or a list"));
  EXPECT_THAT(Faults("websocket: {allowed_origins: [[a]]}"), HasSubstr("each element"));
  EXPECT_THAT(Faults("- a\n- b\n"), HasSubstr("must be a map of settings"));
  EXPECT_THAT(Faults("targets: {\"a b\": {address: a:1}}"), HasSubstr("the name of a target"));
  EXPECT_THAT(Faults("entities: {\"a\\0b\": {}}"), HasSubstr("not an entity type"));
}

TEST(Load, MessagesShowNeitherSecretsNorVariables) {
  const Environment environment = FakeEnvironment({{"KEY", "s3cret"}});
  for (const char* yaml :
       {"front: {bearer_key: \"s3cret \\x01\"}", "front:\n  bearer_key:s3cret\n",
        "front: {bearer_key:s3cret}", "front:\n  bearer_key:s3cret\n  insecure: true\n",
        "log: {level: \"${env:KEY}\"}", "bus: {nats: {urls: \"me:s3cret@host\"}}",
        "front: {bearer_key: *s3cret}", "front: {bearer_key: &s3cret}",
        "front: {bearer_key: [s3cret]}", "front: {bearer_key: {s3cret: 1}}",
        "front: {bearer_key: \"${s3cret}\"}", "targets: {a: {bearer_key: \"s3cret\t\"}}"}) {
    const std::string faults = Faults(yaml, environment);
    EXPECT_NE(faults, "") << yaml;
    EXPECT_THAT(faults, Not(HasSubstr("s3cret"))) << yaml;
  }
}

TEST(Load, AValueThatCannotBeReadIsReportedOnce) {
  EXPECT_EQ(Faults("bus: {kind: nats, nats: {urls: nonsense}}"),
            "f:1:32: bus.nats.urls: must be the address of a NATS server, as in nats://host:4222 "
            "or tls://host:4222");
}

TEST(Load, FlagsWinOverTheFile) {
  const auto result = LoadAll(
      "prefix: file\ndefault_target: app\ntargets: {app: {address: a:1, timeout: 1s}}\n", "f",
      {{"prefix", "flag", "--prefix"},
       {"targets.<default>.address", "b:2", "--fetch-target"},
       {"classic.pass_through_target", "<default>", "--pass-through"}},
      FakeEnvironment());
  EXPECT_EQ(ToString(result.problems), "");
  EXPECT_EQ(result.settings.prefix, "flag");
  EXPECT_THAT(result.settings.targets.at("app").address, ElementsAre("b:2"));
  EXPECT_EQ(result.settings.targets.at("app").timeout, std::chrono::seconds(1));
  EXPECT_EQ(result.settings.classic.pass_through_target, "app");
}

TEST(Load, AFetchTargetAloneServesAllTypes) {
  const auto result =
      LoadAll("", "", {{"targets.<default>.address", "a:1", "--fetch-target"}}, FakeEnvironment());
  EXPECT_EQ(ToString(result.problems), "");
  EXPECT_EQ(result.settings.default_target, "default");
  EXPECT_EQ(*TargetOf(result.settings, "items"), "default");
}

TEST(Load, FaultsOfFlagsNameTheFlag) {
  const auto result = LoadAll("", "",
                              {{"websocket.path", "ws", "--path"},
                               {"classic.pass_through_target", "<default>", "--pass-through"},
                               {"front.listen", "0.0.0.0:1", "--front-listen"}},
                              FakeEnvironment());
  const std::string faults = ToString(result.problems);
  EXPECT_THAT(faults, HasSubstr("--path: websocket.path: must start with /"));
  EXPECT_THAT(faults, HasSubstr("--pass-through: classic.pass_through_target: needs a default"));
  EXPECT_THAT(faults, HasSubstr("--front-listen: front.listen: is open beyond this machine"));
}

TEST(Load, ManyFaultsAreCounted) {
  std::string yaml;
  for (int i = 0; i < 150; ++i) yaml += "wrong" + std::to_string(i) + ": 1\n";
  EXPECT_THAT(Faults(yaml), HasSubstr("\nand 50 more"));
}

// Not a fuzzer, but the same question: broken text may be refused and nothing else.
TEST(Load, SurvivesBrokenText) {
  const std::string good =
      "prefix: ${env:A:-b}\ntargets: {app: {address: [a:1, \"b:2\"]}}\n"
      "entities:\n  items: {target: app}\n  'x y':\nfront:\n  bearer_key: |\n    key\n";
  base::Random random(1);
  int refused = 0;
  for (int round = 0; round < 3'000; ++round) {
    std::string text = good;
    for (uint64_t change = 0; change <= random.Below(4); ++change) {
      const size_t at = random.Below(text.size());
      const auto byte = static_cast<char>(random.Below(256));
      if (random.Below(2) == 0) {
        text[at] = byte;
      } else {
        text.insert(at, 1, "{}[]:,&*!|>'\"%@`#-\n \t?$"[random.Below(24)]);
      }
    }
    if (!Load(text, "f", FakeEnvironment()).ok()) ++refused;
  }
  EXPECT_GT(refused, 1'000);
}

}  // namespace
}  // namespace entitysync::config
