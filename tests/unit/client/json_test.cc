// The readers of JSON text, against Boost.JSON and by example.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <random>
#include <string>
#include <string_view>

#include "client-sdk/cpp/json_scanner.h"
#include "client-sdk/cpp/json_string.h"
#include "client-sdk/cpp/json_tree.h"
#include "tests/unit/client/random_json.h"

namespace entitysync::client {
namespace {

std::string Nested(int depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(JsonScannerTest, KnowsWhatIsJson) {
  for (const char* text : {"1", " 1 ", "-0.5e+10", "0", "\"\"", R"("\u00e9\n\/")", "true", "null",
                           "[]", "[ 1 , 2 ]", "{}", R"({"a":{"b":[1,{}]}})", "\"\xC3\xA4\""}) {
    EXPECT_TRUE(IsJson(text)) << text;
    EXPECT_NE(ParseJson(text), nullptr) << text;
  }
  for (const char* text :
       {"",    " ",       "01",       "1.",    ".5",         "-",           "+1",     "1e",
        "nul", "truex",   "1 2",      "\"",    "\"\\x\"",    "\"\\u12g4\"", "\"\n\"", "[1,]",
        "[1",  "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "[1}",         "]"}) {
    EXPECT_FALSE(IsJson(text)) << text;
    EXPECT_EQ(ParseJson(text), nullptr) << text;
  }
}

TEST(JsonScannerTest, DepthIsBounded) {
  EXPECT_TRUE(IsJson(Nested(kMaxJsonDepth)));
  EXPECT_NE(ParseJson(Nested(kMaxJsonDepth)), nullptr);
  EXPECT_FALSE(IsJson(Nested(100'000)));
  EXPECT_EQ(ParseJson(Nested(100'000)), nullptr);
}

TEST(JsonScannerTest, PartsStandAsTheyWereWritten) {
  const auto elements = ElementsOf(R"([ 1.50, {"a" : [ ] } , "x"])");
  ASSERT_TRUE(elements);
  EXPECT_EQ((*elements)[0], "1.50");
  EXPECT_EQ((*elements)[1], R"({"a" : [ ] })");
  const auto members = MembersOf(R"({"a\u0062":1,"c": [2] })");
  ASSERT_TRUE(members);
  EXPECT_EQ((*members)[0].first, "ab");
  EXPECT_EQ((*members)[1].second, "[2]");
  EXPECT_FALSE(ElementsOf("{}"));
  EXPECT_FALSE(MembersOf("[] "));
}

TEST(JsonScannerTest, AgreesWithBoostOnBrokenTexts) {
  std::mt19937 random(1);
  constexpr std::string_view kAlphabet = "{}[],:\"\\u0019aeE+-. tfn\n";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = boost::json::serialize(RandomJson(random, 3));
    for (int changes = static_cast<int>(random() % 3); changes > 0 && !text.empty(); --changes) {
      text[random() % text.size()] = kAlphabet[random() % kAlphabet.size()];
    }
    boost::json::error_code error;
    const boost::json::value theirs = boost::json::parse(text, error);
    // Boost takes no half of a surrogate pair, which rows may have; and the websocket has looked at
    // the UTF-8 before.
    if (HasLoneSurrogate(text) || !IsUtf8(text)) continue;
    ASSERT_EQ(IsJson(text), !error) << text;
    const JsonPtr tree = ParseJson(text);
    ASSERT_EQ(tree != nullptr, !error) << text;
    if (tree == nullptr) continue;
    ASSERT_EQ(boost::json::parse(TextOf(*tree)), theirs) << text;
  }
}

TEST(JsonTreeTest, NothingIsLost) {
  constexpr char kText[] =
      R"({"n":[1.50,-0,1E400,123456789012345678901234567890.10],"a\u0062":"\ud83d\ude00\/\ud800"})";
  EXPECT_EQ(TextOf(*ParseJson(kText)), kText);
}

TEST(JsonTreeTest, OfMembersWithOneNameTheLastCounts) {
  EXPECT_EQ(TextOf(*ParseJson(R"({"a":1,"b":2,"\u0061":3})")), R"({"a":3,"b":2})");
  std::string many = "{";
  for (int i = 0; i < 100; ++i)
    many += "\"m" + std::to_string(i % 50) + "\":" + std::to_string(i) + ",";
  many.back() = '}';
  const JsonPtr tree = ParseJson(many);
  EXPECT_EQ(tree->object()->size(), 50u);
  EXPECT_EQ(*FindMember(*tree, "m49")->value->scalar(), "99");
}

TEST(JsonTreeTest, ValuesAreTheSameHoweverTheyAreWritten) {
  const auto same = [](const char* a, const char* b) {
    return SameValue(*ParseJson(a), *ParseJson(b));
  };
  EXPECT_TRUE(same("1.50", "15e-1"));
  EXPECT_TRUE(same("0", "-0.0e7"));
  EXPECT_TRUE(same("100", "1E+2"));
  EXPECT_TRUE(same("0.001", "1e-3"));
  EXPECT_TRUE(same("123456789012345678901234567890", "12345678901234567890123456789e1"));
  EXPECT_FALSE(same("123456789012345678901234567890", "123456789012345678901234567891"));
  EXPECT_FALSE(same("1", "-1"));
  EXPECT_FALSE(same("1e1", "1e2"));
  EXPECT_FALSE(same("1", "\"1\""));
  EXPECT_TRUE(same(R"("\u00e4")", "\"\xC3\xA4\""));
  EXPECT_TRUE(same(R"({"a":1,"b":[2]})", R"({"b":[2.0],"\u0061":1})"));
  EXPECT_FALSE(same(R"({"a":1})", R"({"a":1,"b":2})"));
  EXPECT_FALSE(same("[1,2]", "[2,1]"));
  EXPECT_FALSE(same("null", "false"));
}

TEST(JsonTreeTest, ExponentsBeyondAllBoundsAreTheSameIfTheyAreWrittenSo) {
  for (const char* number :
       {"12e9223372036854775807", "12e-9223372036854775808", "0.001e-9223372036854775808",
        "12e9223372036854775808", "12e1000000001", "12e-99999999999999999999"}) {
    EXPECT_TRUE(SameNumber(number, number)) << number;
    EXPECT_FALSE(SameNumber(number, "3")) << number;
    EXPECT_FALSE(SameNumber(number, std::string("-") + number)) << number;
  }
  EXPECT_FALSE(SameNumber("12e99999999999999999999", "12.99999999999999999999"));
  EXPECT_FALSE(SameNumber("1e99999999999999999999", "1e-99999999999999999999"));
  EXPECT_TRUE(SameNumber("0e99999999999999999999", "0"));
  EXPECT_TRUE(SameNumber("10e999999999", "1e1000000000"));
  EXPECT_TRUE(SameNumber("1e+00000000000000000000002", "100"));
}

// With a look through all members for each this takes very long.
TEST(JsonTreeTest, LargeObjectsAreComparedByName) {
  constexpr int kMembers = 40'000;
  std::string up = "{", down = "{";
  for (int i = 0; i < kMembers; ++i) {
    up += "\"m\\u00e4" + std::to_string(i) + "\":" + std::to_string(i) + ",";
    const std::string number = std::to_string(kMembers - 1 - i);
    down += "\"m\xC3\xA4" + number + "\":" + number + ".0,";
  }
  up.back() = down.back() = '}';
  const JsonPtr a = ParseJson(up), b = ParseJson(down);
  EXPECT_TRUE(SameValue(*a, *b));
  EXPECT_TRUE(SameValue(*b, *a));
  b->object()->front().value = ParseJson("0");
  EXPECT_FALSE(SameValue(*a, *b));
  b->object()->front() = a->object()->back();
  EXPECT_TRUE(SameValue(*a, *b));
  b->object()->front().name = "other";
  EXPECT_FALSE(SameValue(*a, *b));
  EXPECT_FALSE(SameValue(*b, *a));
}

TEST(JsonStringTest, EscapesComeBack) {
  for (const std::string& text : {std::string("plain"), std::string("\"\\\n\x01"),
                                  std::string("\xF0\x9F\x98\x80"), std::string("a\0b", 3)}) {
    const std::string quoted = Quoted(text);
    EXPECT_TRUE(IsJson(quoted)) << quoted;
    EXPECT_EQ(Unescaped(Escaped(text)), text);
    EXPECT_EQ(boost::json::value_to<std::string>(boost::json::parse(quoted)), text);
  }
  EXPECT_EQ(Unescaped(R"(\ud83d\ude00)"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(Escaped(Unescaped(R"(\ud800x)")), R"(\ud800x)");
}

TEST(JsonStringTest, KnowsUnicode) {
  for (const char* text :
       {"", "a", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEE\x80\x80"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
  for (const char* text : {"\x80", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xE0\x80\x80",
                           "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xE2\x82"}) {
    EXPECT_FALSE(IsUtf8(text));
  }
  EXPECT_TRUE(HasLoneSurrogate(R"("\ud800")"));
  EXPECT_TRUE(HasLoneSurrogate(R"("\ud800\u0041")"));
  EXPECT_TRUE(HasLoneSurrogate(R"("\udc00\ud800")"));
  EXPECT_FALSE(HasLoneSurrogate(R"("\ud83d\ude00")"));
  EXPECT_FALSE(HasLoneSurrogate(R"("\\ud800")"));
}

}  // namespace
}  // namespace entitysync::client
