#include "gateway/config/describe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "gateway/config/load.h"
#include "gateway/config/setting.h"
#include "tests/unit/config/fake_environment.h"

namespace entitysync::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Settings in which much differs from the default and texts try to be misread.
Settings Unusual() {
  Settings settings;
  settings.prefix = "${env:HOME} \"quoted\" \\ # no comment: $${x}";
  settings.workers = 3;
  settings.front.insecure = true;
  settings.websocket.allowed_origins = {"*", "https://shop.example"};
  settings.bus.kind = BusKind::kNats;
  settings.bus.nats.urls = {"nats://h:1"};
  settings.targets["app.1"].address = {"a:1", "b:2"};
  settings.targets["app.1"].timeout = std::chrono::milliseconds(1'500);
  settings.targets["b"].address = {"unix:/run/b"};
  settings.default_target = "b";
  settings.entities["items"].classic_snapshot = false;
  settings.entities["kept"].keep_state = std::chrono::milliseconds(0);
  settings.fetch.keep_state = std::chrono::milliseconds(1'500);
  settings.entities["a: \"b\" \n${env:X}"] = {};
  settings.log.format = LogFormat::kJson;
  return settings;
}

TEST(PrintConfig, IsReadBackAsTheSame) {
  for (const Settings& settings : {Settings{}, Unusual()}) {
    const std::string printed = PrintConfig(settings);
    const auto read = Load(printed, "printed", FakeEnvironment());
    ASSERT_TRUE(read.ok()) << read.status() << "\n" << printed;
    EXPECT_EQ(*read, settings) << printed;
  }
}

TEST(PrintConfig, SaysEverySettingAndWhatIsNotDefault) {
  const std::string printed = PrintConfig(Unusual());
  EXPECT_THAT(printed, HasSubstr("front:\n  listen: \"127.0.0.1:8081\"\n"));
  EXPECT_THAT(printed, HasSubstr("workers: 3  # default: 0\n"));
  EXPECT_THAT(printed, HasSubstr("  \"app.1\":\n    address: [\"a:1\", \"b:2\"]\n"));
  EXPECT_THAT(printed, HasSubstr("    timeout: 1500ms  # default: 5s\n"));
}

TEST(PrintConfig, HidesSecrets) {
  Settings settings = Unusual();
  settings.front.bearer_key = "s3cret";
  settings.targets["b"].bearer_key = "s3cret";
  settings.bus.nats.urls = {"nats://me:s3cret@h:1"};
  const std::string printed = PrintConfig(settings);
  EXPECT_THAT(printed, Not(HasSubstr("s3cret")));
  EXPECT_THAT(printed, HasSubstr("bearer_key: \"<set>\""));
}

TEST(Reference, NamesEverySetting) {
  const std::string reference = ReferenceMarkdown();
  for (const Setting& setting : AllSettings()) {
    EXPECT_THAT(reference, HasSubstr("| `" + std::string(setting.path) + "` |"));
  }
}

TEST(Reference, ItsExampleIsValid) {
  const std::string reference = ReferenceMarkdown();
  const size_t begin = reference.find("```yaml\n") + 8;
  const std::string example = reference.substr(begin, reference.find("```\n", begin) - begin);
  const auto settings =
      Load(example, "example", FakeEnvironment({{"ENTITYSYNC_FRONT_KEY", "key"}}));
  EXPECT_TRUE(settings.ok()) << settings.status();
}

TEST(Reference, IsWhatIsCommitted) {
  if (std::getenv("ENTITYSYNC_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(CONFIGURATION_MD) << ReferenceMarkdown();
  }
  std::ostringstream committed;
  committed << std::ifstream(CONFIGURATION_MD).rdbuf();
  EXPECT_EQ(committed.str(), ReferenceMarkdown())
      << "docs/CONFIGURATION.md is out of date: run this test with ENTITYSYNC_UPDATE_GOLDEN=1";
}

}  // namespace
}  // namespace entitysync::config
