#include "gateway/protocol/v1.h"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace entitysync::protocol {
namespace {

using client::v1::ClientMessage;
using client::v1::ServerEvent;
using google::protobuf::util::MessageDifferencer;

ClientMessage Read(std::string_view json) {
  const absl::StatusOr<V1Message> read = DecodeV1(V1Form::kJson, json, false);
  EXPECT_TRUE(read.ok() && read->body.ok() && read->faults.empty()) << read.status() << json;
  return read.ok() ? read->message : ClientMessage();
}

// The payload of an event's only message.
std::string Payload(const Frame& frame) {
  std::string_view rest = *frame;
  const std::string payload(TakeMessage(rest).payload);
  EXPECT_TRUE(rest.empty());
  return payload;
}
std::string Json(const ServerEvent& event) { return Payload(EncodeV1(V1Form::kJson, event)); }

TEST(V1DecodeTest, AListMayBeGivenAsOneElement) {
  const ClientMessage one =
      Read(R"({"action":"subscribe","ref":7,"body":{"entity":"items","id":"100"}})");
  EXPECT_EQ(one.ref(), 7u);
  ASSERT_EQ(one.subscribe().subscriptions_size(), 1);
  EXPECT_EQ(one.subscribe().subscriptions(0).id(), "100");
  const ClientMessage many = Read(
      R"({"action":"unsubscribe","body":[{"entity":"items","id":"1"},{"entity":"items","id":"2"}]})");
  EXPECT_FALSE(many.has_ref());
  ASSERT_EQ(many.unsubscribe().keys_size(), 2);
  EXPECT_EQ(many.unsubscribe().keys(1).id(), "2");
}

TEST(V1DecodeTest, OptionsHaveTheNamesOfTheMapping) {
  const auto subscription =
      Read(R"({"action":"subscribe","body":[{"entity":"items","id":"1","known":"7.ab",
               "snapshot":false,"patches":true,"maxRate":2.5,"colour":"unknown"}]})")
          .subscribe()
          .subscriptions(0);
  EXPECT_EQ(subscription.known(), "7.ab");
  EXPECT_TRUE(subscription.has_snapshot());
  EXPECT_FALSE(subscription.snapshot());
  EXPECT_TRUE(subscription.patches());
  EXPECT_EQ(subscription.max_rate(), 2.5);
  const ClientMessage update =
      Read(R"({"action":"update","body":{"entity":"items","id":"1","maxRate":0}})");
  EXPECT_TRUE(update.update().has_max_rate());
  EXPECT_FALSE(update.update().has_patches());
}

TEST(V1DecodeTest, HowASubscriptionIsWrittenMakesNoDifference) {
  const ClientMessage plain = Read(
      R"({"action":"subscribe","body":{"entity":"items","id":"1","known":"7.ab","patches":true,
          "maxRate":2}})");
  for (const char* body :
       {R"({"entity":"items","id":"1","known":"7.ab","patches":true,"max_rate":2})",
        R"({"id":"\u0031","maxRate":"2","entity":"items","known":"7.ab","patches":true})",
        R"({"entity":"items","id":"1","known":"7.ab","patches":true,"maxRate":2.0,"x":[{}],
            "snapshot":null})"}) {
    const ClientMessage other = Read(std::string(R"({"action":"subscribe","body":)") + body + "}");
    EXPECT_TRUE(MessageDifferencer::Equals(plain, other)) << body;
  }
}

TEST(V1DecodeTest, ABodyMayBeAbsentOrNull) {
  EXPECT_TRUE(Read(R"({"action":"ping","ref":0})").has_ping());
  EXPECT_TRUE(Read(R"({"action":"authenticate","body":null})").has_authenticate());
  EXPECT_EQ(Read(R"({"action":"subscribe"})").subscribe().subscriptions_size(), 0);
}

TEST(V1DecodeTest, WhatIsForTheApplicationStaysAsItIs) {
  EXPECT_EQ(
      Read(R"({"action":"message","ref":1,"body":{ "a" : [1.0, "\u00e9"] } })").message().data(),
      R"({ "a" : [1.0, "\u00e9"] })");
  EXPECT_EQ(Read(R"({"action":"message","body":null})").message().data(), "null");
  EXPECT_EQ(Read(R"({"action":"message"})").message().data(), "");
}

TEST(V1DecodeTest, AnUnknownActionIsNone) {
  for (const char* action : {"dance", "ref", "action", ""}) {
    const ClientMessage message =
        Read(std::string(R"({"ref":3,"action":")") + action + R"(","body":1})");
    EXPECT_EQ(message.action_case(), ClientMessage::ACTION_NOT_SET) << action;
    EXPECT_EQ(message.ref(), 3u);
  }
}

TEST(V1DecodeTest, WhatCannotBeUnderstoodIsSaidSo) {
  for (const char* text : {"", "[]", "subscribe", R"({"body":{}})", R"({"action":1})",
                           R"({"action":"ping","ref":-1})", R"({"action":"ping","ref":4294967296})",
                           R"({"action":"ping","ref":1.5})", R"({"action":"ping","ref":"1"})"}) {
    const absl::Status status = DecodeV1(V1Form::kJson, text, false).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << text << ": " << status;
    EXPECT_FALSE(status.message().empty());
  }
}

TEST(V1DecodeTest, AnActionWithABodyThatCannotBeUsedIsStillAnswered) {
  for (const char* text : {R"({"action":"authenticate","ref":5,"body":{"secret":[]}})",
                           R"({"action":"update","ref":5,"body":"often"})"}) {
    const auto read = DecodeV1(V1Form::kJson, text, false);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->message.ref(), 5u);
    EXPECT_TRUE(absl::IsInvalidArgument(read->body)) << text << ": " << read->body;
  }
}

TEST(V1DecodeTest, ABadItemDoesNoHarmToTheOthers) {
  const auto read = DecodeV1(
      V1Form::kJson,
      R"({"action":"subscribe","body":[{"entity":"items","id":{}},{"entity":"items","id":"1"},
          7,{"entity":"items","id":"2","maxRate":"often"}]})",
      false);
  ASSERT_TRUE(read.ok() && read->body.ok());
  ASSERT_EQ(read->message.subscribe().subscriptions_size(), 4);
  EXPECT_EQ(read->message.subscribe().subscriptions(1).id(), "1");
  ASSERT_EQ(read->faults.size(), 4u);
  EXPECT_FALSE(read->faults[0].empty());
  EXPECT_TRUE(read->faults[1].empty());
  EXPECT_FALSE(read->faults[2].empty());
  EXPECT_FALSE(read->faults[3].empty());
}

TEST(V1DecodeTest, AMessageNamesABoundedNumberOfKeys) {
  std::string body;
  for (size_t i = 0; i <= kMaxV1Items; ++i) body += R"(,{"entity":"items","id":"1"})";
  const auto read =
      DecodeV1(V1Form::kJson, R"({"action":"unsubscribe","body":[)" + body.substr(1) + "]}", false);
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(absl::IsInvalidArgument(read->body)) << read->body;
}

TEST(V1DecodeTest, EachFormHasItsKindOfFrame) {
  EXPECT_TRUE(
      absl::IsInvalidArgument(DecodeV1(V1Form::kJson, R"({"action":"ping"})", true).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeV1(V1Form::kProto, "", false).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeV1(V1Form::kProto, "\xff", true).status()));
  ClientMessage ping;
  ping.set_ref(9);
  ping.mutable_ping();
  const auto read = DecodeV1(V1Form::kProto, ping.SerializeAsString(), true);
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(MessageDifferencer::Equals(read->message, ping));
}

TEST(V1EncodeTest, EventsHaveTheFieldsOfTheMapping) {
  ServerEvent event;
  event.set_ref(4);
  auto& result = *event.mutable_subscribed()->add_results();
  result.set_entity("items");
  result.set_id("a \"b\"");
  result.set_code("OK");
  result.set_max_rate(2);
  EXPECT_EQ(Json(event), R"({"event":"subscribed","ref":4,"results":[{"entity":"items",)"
                         R"("id":"a \"b\"","code":"OK","maxRate":2}]})");
  event.Clear();
  event.mutable_reconnect()->add_after_ms(100);
  event.mutable_reconnect()->add_after_ms(5'000);
  EXPECT_EQ(Json(event), R"({"event":"reconnect","afterMs":[100,5000]})");
  event.Clear();
  event.set_ref(0);
  event.mutable_pong();
  EXPECT_EQ(Json(event), R"({"event":"pong","ref":0})");
}

TEST(V1EncodeTest, APatchIsJsonInJson) {
  ServerEvent event;
  client::v1::Patch& patch = *event.mutable_patch();
  patch.set_entity("items");
  patch.set_id("1");
  patch.set_base("1.a");
  patch.set_version("2.b");
  patch.set_patch(R"([{"op":"remove","path":"/0"}])");
  EXPECT_EQ(Json(event),
            R"({"event":"patch","entity":"items","id":"1","base":"1.a","version":"2.b",)"
            R"("patch":[{"op":"remove","path":"/0"}]})");
}

TEST(V1EncodeTest, RowsThatAreJsonStandAsTheyAre) {
  const base::EntityKey key{"items", "a/\"b\""};
  const std::vector<std::string_view> rows = {"{ \"n\" : 1.50 }",   "no json", "\xff", "null",
                                              R"({"$base64":"x"})", ""};
  EXPECT_EQ(Payload(EncodeV1State(V1Form::kJson, key, "7.ab", rows)),
            R"({"event":"state","entity":"items","id":"a/\"b\"","version":"7.ab","rows":[)"
            "{ \"n\" : 1.50 },"
            R"({"$base64":"bm8ganNvbg=="},{"$base64":"/w=="},null,)"
            R"({"$base64":"eyIkYmFzZTY0IjoieCJ9"},{"$base64":""}]})");
  EXPECT_EQ(Payload(EncodeV1State(V1Form::kJson, key, ".ab", {})),
            R"({"event":"state","entity":"items","id":"a/\"b\"","version":".ab","rows":[]})");
}

TEST(V1EncodeTest, AStateIsTheSameHoweverItIsMade) {
  const base::EntityKey key{"items", "1"};
  const std::vector<std::string_view> rows = {R"({"n":1})", "\xff"};
  ServerEvent event;
  event.mutable_state()->set_entity("items");
  event.mutable_state()->set_id("1");
  event.mutable_state()->set_version("1.a");
  for (const std::string_view row : rows) event.mutable_state()->add_rows(std::string(row));
  for (const V1Form form : {V1Form::kJson, V1Form::kProto}) {
    EXPECT_EQ(*EncodeV1State(form, key, "1.a", rows), *EncodeV1(form, event));
  }
  ServerEvent read;
  ASSERT_TRUE(read.ParseFromString(Payload(EncodeV1State(V1Form::kProto, key, "1.a", rows))));
  EXPECT_TRUE(MessageDifferencer::Equals(read, event));
}

}  // namespace
}  // namespace entitysync::protocol
