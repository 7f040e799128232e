#include "gateway/config/startup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <vector>

#include "tests/unit/config/fake_environment.h"

namespace entitysync::config {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  Startup startup;
  std::string out;
  std::string err;
};

Outcome StartWith(std::vector<const char*> words) {
  words.insert(words.begin(), "entity-sync-gateway");
  std::ostringstream out;
  std::ostringstream err;
  Startup startup =
      Start(static_cast<int>(words.size()), words.data(), FakeEnvironment(), out, err);
  return Outcome{std::move(startup), out.str(), err.str()};
}

std::string WriteFile(const std::string& name, const std::string& text) {
  std::string path = ::testing::TempDir() + "entitysync_startup_" + name;
  std::ofstream(path) << text;
  return path;
}

TEST(Startup, RunsWithoutAnyConfiguration) {
  const Outcome run = StartWith({});
  ASSERT_TRUE(run.startup.settings.has_value());
  EXPECT_EQ(*run.startup.settings, Settings{});
  EXPECT_EQ(run.out + run.err, "");
}

TEST(Startup, RunsWithAFileAndFlags) {
  const std::string file = WriteFile("good.yaml", "prefix: file\nworkers: 2\n");
  const Outcome run = StartWith({"--config", file.c_str(), "--prefix", "flag"});
  ASSERT_TRUE(run.startup.settings.has_value()) << run.err;
  EXPECT_EQ(run.startup.settings->prefix, "flag");
  EXPECT_EQ(run.startup.settings->workers, 2u);
}

TEST(Startup, BadConfigurationsEndWithCode2AndAllFaults) {
  const std::string file = WriteFile("bad.yaml", "prefix: ''\nworkers: x\n");
  const Outcome run = StartWith({"--config", file.c_str(), "--log-level", "loud"});
  EXPECT_FALSE(run.startup.settings.has_value());
  EXPECT_EQ(run.startup.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr(file + ":1:9: prefix: "));
  EXPECT_THAT(run.err, HasSubstr(file + ":2:10: workers: "));
  EXPECT_THAT(run.err, HasSubstr("--log-level: log.level: must be one of"));
  EXPECT_EQ(run.out, "");
}

TEST(Startup, ABadCommandLineOrFileEndsWithCode2) {
  EXPECT_EQ(StartWith({"--wrong"}).startup.exit_code, 2);
  const Outcome missing = StartWith({"--config", "/missing"});
  EXPECT_EQ(missing.startup.exit_code, 2);
  EXPECT_EQ(missing.err, "--config: the file /missing does not exist\n");
  EXPECT_EQ(StartWith({"--config", "/no/such/folder/f.yaml"}).startup.exit_code, 2);
  const std::string huge = WriteFile("huge.yaml", std::string(2 * 1'048'576, '#'));
  EXPECT_THAT(StartWith({"--config", huge.c_str()}).err, HasSubstr("at most 1MiB"));
}

TEST(Startup, ChecksWithoutRunning) {
  const Outcome good = StartWith({"--check-config"});
  EXPECT_FALSE(good.startup.settings.has_value());
  EXPECT_EQ(good.startup.exit_code, 0);
  EXPECT_THAT(good.out, HasSubstr("valid"));
  EXPECT_EQ(StartWith({"--check-config", "--path", "x"}).startup.exit_code, 2);
}

TEST(Startup, PrintsAndLeaves) {
  const Outcome config = StartWith({"--print-config", "--prefix", "shop"});
  EXPECT_EQ(config.startup.exit_code, 0);
  EXPECT_FALSE(config.startup.settings.has_value());
  EXPECT_THAT(config.out, HasSubstr("prefix: \"shop\"  # default: \"entitysync\"\n"));
  EXPECT_THAT(StartWith({"--version"}).out, HasSubstr("entity-sync-gateway "));
  EXPECT_THAT(StartWith({"--help"}).out, HasSubstr("--config"));
  EXPECT_EQ(StartWith({"--help"}).startup.exit_code, 0);
}

}  // namespace
}  // namespace entitysync::config
