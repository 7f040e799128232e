#include "gateway/config/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace entitysync::config {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<CommandLine> Parse(std::vector<const char*> words) {
  words.insert(words.begin(), "entity-sync-gateway");
  return ParseCommandLine(static_cast<int>(words.size()), words.data());
}

TEST(CommandLine, MayBeEmpty) {
  const auto line = Parse({});
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->action, Action::kRun);
  EXPECT_EQ(line->config_file, "");
  EXPECT_TRUE(line->overrides.empty());
}

TEST(CommandLine, ActionsAndFile) {
  EXPECT_EQ(Parse({"--config", "a.yaml"})->config_file, "a.yaml");
  EXPECT_EQ(Parse({"--config=a.yaml", "--check-config"})->action, Action::kCheckConfig);
  EXPECT_EQ(Parse({"--print-config"})->action, Action::kPrintConfig);
  EXPECT_EQ(Parse({"--version"})->action, Action::kPrintVersion);
  EXPECT_EQ(Parse({"--print-config", "-h"})->action, Action::kPrintHelp);
  EXPECT_THAT(Parse({"--help"})->help, HasSubstr("--nats-url"));
}

TEST(CommandLine, EveryFlagSetsWhatItsNameSays) {
  const auto line = Parse({"--websocket-listen",
                           "127.0.0.1:1",
                           "--front-listen=0.0.0.0:2",
                           "--admin-listen",
                           "127.0.0.1:3",
                           "--nats-url",
                           "nats://h:4",
                           "--fetch-target",
                           "app:5",
                           "--path",
                           "/ws",
                           "--prefix",
                           "p",
                           "--replica-id",
                           "r",
                           "--log-level",
                           "debug",
                           "--insecure",
                           "--pass-through",
                           "--classic-snapshot"});
  ASSERT_TRUE(line.ok()) << line.status();
  const Environment environment{[](const std::string&) { return std::nullopt; },
                                [](const std::string&) { return ""; }};
  const LoadResult result = LoadAll("", "", line->overrides, environment);
  EXPECT_EQ(ToString(result.problems), "");
  Settings expected;
  expected.websocket.listen = {"127.0.0.1", 1};
  expected.front.listen = {"0.0.0.0", 2};
  expected.admin.listen = {"127.0.0.1", 3};
  expected.bus.kind = BusKind::kNats;
  expected.bus.nats.urls = {"nats://h:4"};
  expected.targets["default"].address = {"app:5"};
  expected.default_target = "default";
  expected.websocket.path = "/ws";
  expected.prefix = "p";
  expected.replica_id = "r";
  expected.log.level = LogLevel::kDebug;
  expected.front.insecure = true;
  expected.classic.pass_through_target = "default";
  expected.classic.snapshot = true;
  EXPECT_EQ(result.settings, expected);
}

TEST(CommandLine, TheOrderOfFlagsDoesNotMatter) {
  const auto line = Parse({"--pass-through", "--fetch-target", "app:5"});
  const Environment environment{[](const std::string&) { return std::nullopt; },
                                [](const std::string&) { return ""; }};
  const LoadResult result = LoadAll("", "", line->overrides, environment);
  EXPECT_EQ(ToString(result.problems), "");
  EXPECT_EQ(result.settings.classic.pass_through_target, "default");
}

TEST(CommandLine, WrongFlagsAreRefused) {
  EXPECT_THAT(std::string(Parse({"--webscoket-listen", "x"}).status().message()),
              HasSubstr("--webscoket-listen"));
  EXPECT_THAT(std::string(Parse({"stray"}).status().message()), HasSubstr("see --help"));
  EXPECT_FALSE(Parse({"--config"}).ok());
  EXPECT_FALSE(Parse({"--path"}).ok());
  EXPECT_FALSE(Parse({"--path", "/a", "--path", "/b"}).ok());
}

}  // namespace
}  // namespace entitysync::config
