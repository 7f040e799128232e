#include "gateway/protocol/classic.h"

#include <gtest/gtest.h>

#include <string>

namespace entitysync::protocol {
namespace {

using Kind = ClassicMessage::Kind;

ClassicMessage Text(const std::string& text) { return DecodeClassic(text, false); }

TEST(ClassicDecodeTest, Subscribe) {
  const auto message = Text(R"({"action":"subscribe","body":{"entity":"items","id":"100"}})");
  EXPECT_EQ(message.kind, Kind::kSubscribe);
  EXPECT_EQ(message.key, (base::EntityKey{"items", "100"}));
}

TEST(ClassicDecodeTest, NamesMatchInAnyLetterCaseAndUnknownFieldsAreIgnored) {
  const auto message = Text(
      R"({"X":[1,{"y":null}],"ACTION":"unsubscribe","Body":{"ENTITY":"items","iD":"1","n":2}})");
  EXPECT_EQ(message.kind, Kind::kUnsubscribe);
  EXPECT_EQ(message.key, (base::EntityKey{"items", "1"}));
}

TEST(ClassicDecodeTest, OfTwoMatchingNamesTheLastCountsAndNullCountsAsAbsent) {
  EXPECT_EQ(Text(R"({"action":"subscribe","Action":"secret","body":"s"})").kind, Kind::kSecret);
  EXPECT_EQ(Text(R"({"action":"secret","Action":null,"body":"s"})").secret, "s");
}

TEST(ClassicDecodeTest, SecretReplacesAndNullOrAbsentIsEmpty) {
  EXPECT_EQ(Text(R"({"action":"secret","body":"my-super-secret"})").secret, "my-super-secret");
  for (const auto* text : {R"({"action":"secret","body":null})", R"({"action":"secret"})"}) {
    EXPECT_EQ(Text(text).kind, Kind::kSecret) << text;
    EXPECT_EQ(Text(text).secret, "") << text;
  }
}

TEST(ClassicDecodeTest, AKnownActionWithAnUnusableBodyIsNeverPassedThrough) {
  for (const std::string body :
       {R"({"entity":"items","id":100})", R"({"entity":"items"})", R"({"id":"1"})", R"("items")",
        R"(null)", R"([])", R"({"entity":"","id":"1"})", R"({"entity":"items","id":""})",
        R"({"entity":"items","id":"a\u0000b"})"}) {
    EXPECT_EQ(Text(R"({"action":"subscribe","body":)" + body + "}").kind, Kind::kUnusable) << body;
    EXPECT_EQ(Text(R"({"action":"unsubscribe","body":)" + body + "}").kind, Kind::kUnusable)
        << body;
  }
  EXPECT_EQ(Text(R"({"action":"secret","body":5})").kind, Kind::kUnusable);
  EXPECT_EQ(Text(R"({"action":"subscribe"})").kind, Kind::kUnusable);
}

TEST(ClassicDecodeTest, OverLongIdsAreUnusable) {
  const std::string id(513, 'x');
  EXPECT_EQ(Text(R"({"action":"subscribe","body":{"entity":"i","id":")" + id + "\"}}").kind,
            Kind::kUnusable);
}

TEST(ClassicDecodeTest, AllElseIsPassedThrough) {
  for (const std::string text :
       {"", "hello", "[]", "{}", "5", "\"subscribe\"", R"({"action":"dance"})", R"({"action":5})",
        R"({"action":"Subscribe","body":{"entity":"items","id":"1"}})", R"({"body":{}})",
        R"({"action":"subscribe","body":{"entity":"items","id":"1"}} x)",
        R"({"action":"subscribe",)"}) {
    EXPECT_EQ(Text(text).kind, Kind::kPassThrough) << text;
  }
  EXPECT_EQ(DecodeClassic(R"({"action":"secret","body":"s"})", true).kind, Kind::kPassThrough);
}

TEST(ClassicDecodeTest, DeepNestingEndsNothing) {
  const std::string deep(100'000, '[');
  EXPECT_EQ(Text(deep).kind, Kind::kPassThrough);
  EXPECT_EQ(Text(R"({"action":"secret","body":"s","x":)" + deep).kind, Kind::kPassThrough);
}

TEST(ClassicEncodeTest, EveryRowIsAMessageOfItsOwnUnchangedAndInOrder) {
  const auto state = EncodeClassic({R"({"id":1})", "", "plain"});
  EXPECT_EQ(*state.frame, std::string("\x81\x08{\"id\":1}\x81\x00\x81\x05plain", 19));
  EXPECT_EQ(state.rows_not_utf8, 0u);
  EXPECT_EQ(*EncodeClassic({}).frame, "");
}

TEST(ClassicEncodeTest, ARowThatIsNotUtf8GoesAsABinaryFrameAndIsCounted) {
  const auto state = EncodeClassic({"a", "\xFF"});
  EXPECT_EQ(*state.frame,
            "\x81\x01"
            "a"
            "\x82\x01\xFF");
  EXPECT_EQ(state.rows_not_utf8, 1u);
}

TEST(ClassicEncodeTest, RepliesAreTextWhereTheyCanBe) {
  EXPECT_EQ(*EncodeClassicReply("a", false),
            "\x81\x01"
            "a");
  EXPECT_EQ(*EncodeClassicReply("a", true),
            "\x82\x01"
            "a");
  EXPECT_EQ(*EncodeClassicReply("\xFF", false), "\x82\x01\xFF");
}

}  // namespace
}  // namespace entitysync::protocol
