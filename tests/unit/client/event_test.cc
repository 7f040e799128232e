#include "client-sdk/cpp/event.h"

#include <gtest/gtest.h>

#include <string>

namespace entitysync::client {
namespace {

Event Read(std::string_view text) {
  auto event = ReadEvent(text);
  EXPECT_TRUE(event.ok()) << text << ": " << event.status();
  return event.ok() ? *std::move(event) : Event{};
}

TEST(EventTest, RowsStandAsTheyWereWritten) {
  const Event event = Read(
      R"({"event":"state","entity":"items","id":"1","version":"7.a","rows":[ {"n" : 1.50}, )"
      R"({"$base64":"/w=="},"x",{"$base64":"eyIkYmFzZTY0IjoieCJ9"},{"n":{"$base64":"eA=="}}]})");
  EXPECT_EQ(event.kind, EventKind::kState);
  EXPECT_EQ(event.key, (Key{"items", "1"}));
  EXPECT_EQ(event.version, "7.a");
  EXPECT_EQ(event.rows,
            (std::vector<Row>{Row(R"({"n" : 1.50})"), Row("\xFF"), Row(R"("x")"),
                              Row(R"({"$base64":"x"})"), Row(R"({"n":{"$base64":"eA=="}})")}));
}

TEST(EventTest, MembersWithDefaultsMayBeAbsent) {
  EXPECT_TRUE(Read(R"({"event":"state","entity":"a","id":"1","version":"v"})").rows.empty());
  EXPECT_TRUE(Read(R"({"event":"reply","ref":7})").rows.empty());
  EXPECT_EQ(Read(R"({"event":"reply","ref":4294967295})").ref, 4294967295);
  EXPECT_FALSE(Read(R"({"event":"pong"})").ref);
  const Welcome welcome = Read(R"({"event":"welcome","limits":{"messageBytes":0}})").welcome;
  EXPECT_EQ(welcome.heartbeat_seconds, 25);
  EXPECT_EQ(welcome.message_bytes, 65'536u);
  EXPECT_EQ(welcome.subscriptions_per_message, 1'000u);
  EXPECT_EQ(welcome.messages_per_second, 0);
  EXPECT_EQ(Read(R"({"event":"welcome","limits":{"messageBytes":0.5}})").welcome.message_bytes, 1u);
  EXPECT_EQ(Read(R"({"event":"unsubscribed","keys":[{"entity":"a","id":"1"}]})").error.code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(EventTest, WhatIsNotKnownIsIgnored) {
  EXPECT_EQ(Read(R"({"event":"invented","rows":7})").kind, EventKind::kOther);
  EXPECT_EQ(Read(R"({"event":"stale","entity":"a","id":"1","rows":7})").kind, EventKind::kStale);
  EXPECT_EQ(Read(R"({"event":"error","code":"INVENTED","message":"m"})").error.code(),
            absl::StatusCode::kUnknown);
}

TEST(EventTest, StatusesWithoutACodeAreUnknown) {
  for (const char* code : {"", R"("code":"",)", R"("code":null,)"}) {
    const std::string status = std::string("{") + code + R"("message":"m"})";
    const Event subscribed =
        Read(R"({"event":"subscribed","ref":1,"results":[{"code":"OK"},)" + status + "]}");
    ASSERT_EQ(subscribed.results.size(), 2u) << status;
    EXPECT_TRUE(subscribed.results[0].ok());
    EXPECT_EQ(subscribed.results[1], absl::UnknownError("m")) << status;
    const Event error = Read(R"({"event":"error",)" + status.substr(1));
    EXPECT_EQ(error.error, absl::UnknownError("m")) << status;
  }
  EXPECT_EQ(Read(R"({"event":"error"})").error.code(), absl::StatusCode::kUnknown);
  EXPECT_EQ(Read(R"({"event":"subscribed","results":[{}]})").results.at(0).code(),
            absl::StatusCode::kUnknown);
}

TEST(EventTest, WhatCannotBeReadIsAnError) {
  for (const char* text :
       {"",
        "no",
        "[]",
        "{}",
        "1",
        R"({"event":1})",
        R"({"event":"state"})",
        R"({"event":"state","entity":"a","id":"1"})",
        R"({"event":"state","entity":"a","id":"1","version":7})",
        R"({"event":"state","entity":"a","id":"1","version":"v","rows":{}})",
        R"({"event":"state","entity":"a","id":"1","version":"v","rows":[{"$base64":"*"}]})",
        R"({"event":"state","entity":"a","id":"1","version":"v","rows":[{"$base64":1}]})",
        R"({"event":"patch","entity":"a","id":"1","version":"v","base":"u"})",
        R"({"event":"patch","entity":"a","id":"1","version":"v","patch":[]})",
        R"({"event":"patch","entity":"a","id":"1","version":"v","base":"u","patch":{}})",
        R"({"event":"patch","entity":"a","id":"1","version":"v","base":"u","patch":"[]"})",
        R"({"event":"subscribed","ref":1,"results":[{"code":5}]})",
        R"({"event":"subscribed","ref":1,"results":["OK"]})",
        R"({"event":"unsubscribed","keys":["a"]})",
        R"({"event":"error","code":5})",
        R"({"event":"pong","ref":"1"})",
        R"({"event":"welcome","limits":[]})"}) {
    EXPECT_EQ(ReadEvent(text).status().code(), absl::StatusCode::kInternal) << text;
  }
}

TEST(EventTest, WindowsThatMakeNoSenseAreNone) {
  const auto window = [](const char* text) {
    return Read(std::string(R"({"event":"reconnect","afterMs":)") + text + "}").after_ms;
  };
  EXPECT_EQ(window("[0,5000]"), std::pair(0.0, 5000.0));
  EXPECT_EQ(window("[7,7]"), std::pair(7.0, 7.0));
  for (const char* text : {"[]", "[1]", "[2,1]", "[-1,1]", "7", "null", R"(["a","b"])"}) {
    EXPECT_FALSE(window(text)) << text;
  }
}

}  // namespace
}  // namespace entitysync::client
