#include "gateway/config/value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace entitysync::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Setting Find(std::string_view path) {
  for (const Setting& setting : AllSettings()) {
    if (setting.path == path) return setting;
  }
  ADD_FAILURE() << "no setting " << path;
  return AllSettings()[0];
}

std::string Fault(std::string_view path, const std::string& text) {
  Settings settings;
  const Setting setting = Find(path);
  return std::string(ParseValue(setting, {text}, setting.slot(settings, "k")).message());
}

TEST(Value, BoundsAreInclusive) {
  EXPECT_EQ(Fault("workers", "0"), "");
  EXPECT_EQ(Fault("workers", "256"), "");
  EXPECT_EQ(Fault("workers", "257"), "must be from 0 to 256");
  EXPECT_EQ(Fault("websocket.close_timeout", "99ms"), "must be from 100ms to 1h");
  EXPECT_EQ(Fault("websocket.max_message_bytes", "511"), "must be from 512B to 16MiB");
  EXPECT_EQ(Fault("prefix", ""), "must have from 1 to 64 bytes");
  EXPECT_EQ(Fault("prefix", std::string(64, 'x')), "");
  EXPECT_EQ(Fault("prefix", std::string(65, 'x')), "must have from 1 to 64 bytes");
}

TEST(Value, ChoicesAreNamed) {
  EXPECT_EQ(Fault("bus.kind", "nats"), "");
  EXPECT_EQ(Fault("bus.kind", "kafka"), "must be one of: in_process, nats");
  EXPECT_EQ(Fault("front.insecure", "yes"), "must be true or false");
}

TEST(Value, TextsHaveTheirShape) {
  EXPECT_EQ(Fault("replica_id", "gw-1"), "");
  EXPECT_NE(Fault("replica_id", "gw.1"), "");
  EXPECT_EQ(Fault("prefix", "a.b \xc3\xa9"), "");
  EXPECT_NE(Fault("prefix", "a\nb"), "");
  EXPECT_NE(Fault("prefix", "\xff"), "");
  EXPECT_EQ(Fault("websocket.path", "/"), "");
  EXPECT_NE(Fault("websocket.path", "ws"), "");
  EXPECT_NE(Fault("websocket.path", "/ws?x"), "");
  EXPECT_NE(Fault("front.bearer_key", "two words"), "");
}

TEST(Value, OriginsAreAsBrowsersSendThem) {
  for (const char* fine : {"*", "https://shop.example", "http://localhost:3000", "a", ""}) {
    const bool expected = std::string_view(fine) != "a";
    EXPECT_EQ(Fault("websocket.allowed_origins", fine).empty(), expected) << fine;
  }
  EXPECT_NE(Fault("websocket.allowed_origins", "https://shop.example/"), "");
}

TEST(Value, TargetsAreOneOfAnyKindOrSeveralHosts) {
  for (const char* fine : {"app:9000", "dns:///app:9000", "unix:/run/app", "a:1,b:2",
                           "ipv4:10.0.0.1:9000,10.0.0.2:9000", "[::1]:9000"}) {
    EXPECT_EQ(Fault("targets.<name>.address", fine), "") << fine;
  }
  for (const char* wrong : {"", "app", "app:", ":9000", "app 1:9000"}) {
    EXPECT_NE(Fault("targets.<name>.address", wrong), "") << wrong;
  }
  const Setting setting = Find("targets.<name>.address");
  Settings settings;
  const Slot slot = setting.slot(settings, "app");
  EXPECT_TRUE(ParseValue(setting, {"a:1,b:2"}, slot).ok());
  EXPECT_THAT(settings.targets["app"].address, ElementsAre("a:1", "b:2"));
  EXPECT_FALSE(ParseValue(setting, {"a:1", "dns:///b:2"}, slot).ok());
  EXPECT_THAT(settings.targets["app"].address, ElementsAre("a:1", "b:2"));
}

TEST(Value, NatsUrlsAreChecked) {
  for (const char* fine :
       {"nats://localhost:4222", "tls://n.example", "nats://u:p@h:1,nats://i:2"}) {
    EXPECT_EQ(Fault("bus.nats.urls", fine), "") << fine;
  }
  for (const char* wrong : {"localhost", "http://x:1", "nats://", "nats://h:0", "nats://h:1/x"}) {
    EXPECT_NE(Fault("bus.nats.urls", wrong), "") << wrong;
  }
}

TEST(Value, MessagesNeverShowTheValue) {
  for (const Setting& setting : AllSettings()) {
    for (const std::string text : {"s3cret \x01", "s3cret://s3cret/s3cret?x,", "s3cret\xff"}) {
      EXPECT_THAT(Fault(setting.path, text), Not(HasSubstr("s3cret"))) << setting.path;
    }
  }
}

TEST(Value, SecretsAreShownAsSet) {
  Settings settings;
  settings.front.bearer_key = "s3cret";
  settings.bus.nats.urls = {"nats://me:s3cret@h:1", "nats://h:2"};
  const auto shown = [&](std::string_view path) {
    return FormatShown(Find(path), Find(path).slot(settings, "k"));
  };
  EXPECT_THAT(shown("front.bearer_key"), ElementsAre("<set>"));
  EXPECT_THAT(shown("bus.nats.urls"), ElementsAre("nats://<set>@h:1", "nats://h:2"));
  EXPECT_THAT(shown("targets.<name>.bearer_key"), ElementsAre(""));
}

TEST(Table, EverySettingIsCompleteAndItsDefaultValid) {
  std::set<std::string_view> paths;
  for (const Setting& setting : AllSettings()) {
    EXPECT_TRUE(paths.insert(setting.path).second) << setting.path << " stands there twice";
    EXPECT_TRUE(setting.doc.ends_with('.')) << setting.path;
    EXPECT_EQ(setting.doc.find('|'), std::string_view::npos) << setting.path;
    Settings settings;
    const Slot slot = setting.slot(settings, "k");
    const auto texts = FormatValue(setting, slot);
    if (setting.kind == Kind::kGrpcTarget || texts.empty()) continue;
    EXPECT_TRUE(ParseValue(setting, texts, slot).ok()) << setting.path;
    EXPECT_EQ(FormatValue(setting, slot), texts) << setting.path;
  }
}

TEST(Table, NoTwoSettingsShareAPlace) {
  Settings settings;
  std::set<const void*> places;
  for (const Setting& setting : AllSettings()) {
    const void* place =
        std::visit([](auto* value) -> const void* { return value; }, setting.slot(settings, "k"));
    EXPECT_TRUE(places.insert(place).second) << setting.path;
  }
}

}  // namespace
}  // namespace entitysync::config
