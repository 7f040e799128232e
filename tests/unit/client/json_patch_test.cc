#include "client-sdk/cpp/json_patch.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <random>
#include <string>

#include "client-sdk/cpp/json_scanner.h"
#include "tests/unit/client/random_json.h"

namespace entitysync::client {
namespace {

// What comes out, as text; "" if the patch does not apply.
std::string Patched(const std::string& document, const std::string& patch) {
  const JsonPtr tree = ParseJson(document);
  const auto patched = ApplyPatch(tree, *ParseJson(patch));
  EXPECT_EQ(TextOf(*tree), document) << "the document was changed by " << patch;
  if (patched.ok()) return TextOf(**patched);
  EXPECT_EQ(patched.status().code(), absl::StatusCode::kInvalidArgument);
  return "";
}

TEST(JsonPatchTest, ExamplesOfTheStandard) {
  // RFC 6902, appendix A.
  EXPECT_EQ(Patched(R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux"}])"),
            R"({"foo":"bar","baz":"qux"})");
  EXPECT_EQ(Patched(R"({"foo":["bar","baz"]})", R"([{"op":"add","path":"/foo/1","value":"qux"}])"),
            R"({"foo":["bar","qux","baz"]})");
  EXPECT_EQ(Patched(R"({"baz":"qux","foo":"bar"})", R"([{"op":"remove","path":"/baz"}])"),
            R"({"foo":"bar"})");
  EXPECT_EQ(Patched(R"({"foo":["bar","qux","baz"]})", R"([{"op":"remove","path":"/foo/1"}])"),
            R"({"foo":["bar","baz"]})");
  EXPECT_EQ(
      Patched(R"({"baz":"qux","foo":"bar"})", R"([{"op":"replace","path":"/baz","value":"boo"}])"),
      R"({"baz":"boo","foo":"bar"})");
  EXPECT_EQ(Patched(R"({"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}})",
                    R"([{"op":"move","from":"/foo/waldo","path":"/qux/thud"}])"),
            R"({"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}})");
  EXPECT_EQ(Patched(R"({"foo":["all","grass","cows","eat"]})",
                    R"([{"op":"move","from":"/foo/1","path":"/foo/3"}])"),
            R"({"foo":["all","cows","eat","grass"]})");
  EXPECT_EQ(
      Patched(R"({"baz":"qux","foo":["a",2,"c"]})", R"([{"op":"test","path":"/baz","value":"qux"},)"
                                                    R"({"op":"test","path":"/foo/1","value":2}])"),
      R"({"baz":"qux","foo":["a",2,"c"]})");
  EXPECT_EQ(Patched(R"({"baz":"qux"})", R"([{"op":"test","path":"/baz","value":"bar"}])"), "");
  EXPECT_EQ(
      Patched(R"({"foo":"bar"})", R"([{"op":"add","path":"/child","value":{"grandchild":{}}}])"),
      R"({"foo":"bar","child":{"grandchild":{}}})");
  EXPECT_EQ(Patched(R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux","xyz":123}])"),
            R"({"foo":"bar","baz":"qux"})");
  EXPECT_EQ(Patched(R"({"foo":"bar"})", R"([{"op":"add","path":"/baz/bat","value":"qux"}])"), "");
  EXPECT_EQ(Patched(R"({"/":9,"~1":10})", R"([{"op":"test","path":"/~01","value":10}])"),
            R"({"/":9,"~1":10})");
  EXPECT_EQ(Patched(R"({"/":9,"~1":10})", R"([{"op":"test","path":"/~01","value":"10"}])"), "");
  EXPECT_EQ(
      Patched(R"({"foo":["bar"]})", R"([{"op":"add","path":"/foo/-","value":["abc","def"]}])"),
      R"({"foo":["bar",["abc","def"]]})");
}

TEST(JsonPatchTest, CopiesAreIndependent) {
  EXPECT_EQ(Patched(R"([{"a":[1]}])",
                    R"([{"op":"copy","from":"/0","path":"/-"},)"
                    R"({"op":"add","path":"/1/a/-","value":2},{"op":"remove","path":"/0/a/0"}])"),
            R"([{"a":[]},{"a":[1,2]}])");
}

TEST(JsonPatchTest, WholeDocument) {
  EXPECT_EQ(Patched("[1]", R"([{"op":"replace","path":"","value":[2]}])"), "[2]");
  EXPECT_EQ(Patched("[1]", R"([{"op":"add","path":"","value":{}}])"), "{}");
  EXPECT_EQ(Patched("[1]", R"([{"op":"remove","path":""},{"op":"add","path":"","value":3}])"), "3");
  EXPECT_EQ(Patched("[[1]]", R"([{"op":"copy","from":"/0","path":""}])"), "[1]");
  EXPECT_EQ(Patched("[1]", R"([{"op":"move","from":"/0","path":"/0"}])"), "[1]");
}

TEST(JsonPatchTest, NamesAreComparedAsWhatTheyStandFor) {
  EXPECT_EQ(Patched(R"({"\u00e4":1})", "[{\"op\":\"replace\",\"path\":\"/\xC3\xA4\",\"value\":2}]"),
            R"({"\u00e4":2})");
  EXPECT_EQ(Patched(R"({"":{"/":1}})", R"([{"op":"replace","path":"//~1","value":2}])"),
            R"({"":{"/":2}})");
  EXPECT_EQ(Patched("{}", R"([{"op":"add","path":"/\"\n","value":1}])"), R"({"\"\u000a":1})");
}

TEST(JsonPatchTest, WhatItDoesNotTouchKeepsItsText) {
  EXPECT_EQ(Patched(R"([{"a":1.50,"b":123456789012345678901234567890,"c":1E400,"d":1}])",
                    R"([{"op":"replace","path":"/0/d","value":2.0}])"),
            R"([{"a":1.50,"b":123456789012345678901234567890,"c":1E400,"d":2.0}])");
}

TEST(JsonPatchTest, NothingThatDoesNotFitApplies) {
  for (const char* patch : {R"({})",
                            R"([1])",
                            R"([{}])",
                            R"([{"op":"add"}])",
                            R"([{"op":"add","path":"/0"}])",
                            R"([{"op":"add","path":"0","value":1}])",
                            R"([{"op":"add","path":1,"value":1}])",
                            R"([{"op":"dance","path":"/0"}])",
                            R"([{"op":"copy","path":"/0"}])",
                            R"([{"op":"copy","path":"/0","from":"/7"}])",
                            R"([{"op":"add","path":"/3","value":1}])",
                            R"([{"op":"add","path":"/01","value":1}])",
                            R"([{"op":"add","path":"/+1","value":1}])",
                            R"([{"op":"add","path":"/-1","value":1}])",
                            R"([{"op":"add","path":"/1e0","value":1}])",
                            R"([{"op":"add","path":"/18446744073709551616","value":1}])",
                            R"([{"op":"add","path":"/","value":1}])",
                            R"([{"op":"remove","path":"/-"}])",
                            R"([{"op":"remove","path":"/2"}])",
                            R"([{"op":"remove","path":"/0/b"}])",
                            R"([{"op":"replace","path":"/-","value":1}])",
                            R"([{"op":"replace","path":"/2","value":1}])",
                            R"([{"op":"replace","path":"/0/b","value":1}])",
                            R"([{"op":"add","path":"/1/x","value":1}])",
                            R"([{"op":"test","path":"/0/b","value":null}])",
                            R"([{"op":"test","path":"/0"}])",
                            R"([{"op":"move","from":"/0","path":"/0/a"}])",
                            R"([{"op":"move","from":"/5","path":"/0"}])",
                            R"([{"op":"remove","path":"/0"},{"op":"remove","path":"/1"}])"}) {
    EXPECT_EQ(Patched(R"([{"a":1},2])", patch), "") << patch;
  }
}

TEST(JsonPatchTest, NothingMovesIntoItself) {
  // Were it taken away first, the next one would stand in its place.
  EXPECT_EQ(Patched(R"([{"a":1},{"b":2}])", R"([{"op":"move","from":"/0","path":"/0/c"}])"), "");
  EXPECT_EQ(Patched("[[1],[2]]", R"([{"op":"move","from":"","path":"/0"}])"), "");
}

TEST(JsonPatchTest, CopiesOfCopiesAreBounded) {
  std::string wide = "[", deep = "[";
  for (int i = 0; i < 100; ++i) {
    wide += R"({"op":"copy","from":"","path":"/-"},)";
    deep += R"({"op":"copy","from":"","path":"/0"},)";
  }
  wide.back() = deep.back() = ']';
  for (const std::string& patch : {wide, deep}) {
    const auto patched = ApplyPatch(ParseJson("[1]"), *ParseJson(patch));
    EXPECT_EQ(patched.status().code(), absl::StatusCode::kResourceExhausted);
  }
}

TEST(JsonPatchTest, RandomDocumentsBecomeOneAnother) {
  std::mt19937 random(7);
  for (int round = 0; round < 5'000; ++round) {
    const boost::json::value from = RandomJson(random, 4);
    const boost::json::value to =
        random() % 4 == 0 ? RandomJson(random, 4) : RandomChange(random, from);
    const std::string patch = boost::json::serialize(Difference(from, to));
    const std::string result = Patched(boost::json::serialize(from), patch);
    ASSERT_FALSE(result.empty()) << from << " " << patch;
    ASSERT_EQ(boost::json::parse(result), to) << from << " " << patch;
  }
}

// One object of many members, of the names "m0", "m1", ...
std::string Large(int members) {
  std::string text = "{";
  for (int i = 0; i < members; ++i) {
    text += "\"m" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  }
  text.back() = '}';
  return text;
}

// With a look through all members for each operation this takes very long.
TEST(JsonPatchTest, LargeObjectsArePatchedByName) {
  constexpr int kMembers = 40'000;
  std::string patch = "[", expected = "{";
  const auto add = [&](const char* op, int i, const char* rest) {
    patch += std::string(R"({"op":")") + op + R"(","path":"/0/m)" + std::to_string(i) + "\"" + rest;
  };
  for (int i = 0; i < kMembers; ++i) {
    if (i % 4 == 0) {
      add("remove", i, "},");
      continue;
    }
    if (i % 4 == 1) add("replace", i, R"(,"value":"r"},)");
    if (i % 4 == 2) add("add", i, R"(,"value":"a"},)");
    if (i % 4 == 3) add("test", i, (",\"value\":" + std::to_string(i) + "},").c_str());
    expected += "\"m" + std::to_string(i) + "\":";
    expected += i % 4 == 1 ? "\"r\"" : i % 4 == 2 ? "\"a\"" : std::to_string(i);
    expected += ',';
  }
  for (int i = 0; i < kMembers; i += 4) {
    add("add", i, R"(,"value":"new"},)");
    expected += "\"m" + std::to_string(i) + "\":\"new\",";
  }
  patch.back() = ']';
  expected.back() = '}';
  EXPECT_EQ(Patched('[' + Large(kMembers) + ']', patch), '[' + expected + ']');
}

// What was removed is nowhere seen, however the object is used within the same patch.
TEST(JsonPatchTest, LargeObjectsAreMovedCopiedAndTestedWhilePatched) {
  std::string removal = "[";
  for (int i = 0; i < 39; ++i) {
    removal += R"({"op":"remove","path":"/0/m)" + std::to_string(i) + "\"},";
  }
  const std::string large = '[' + Large(40) + ']';
  EXPECT_EQ(Patched(large, removal + R"({"op":"test","path":"/0","value":{"m39":39}}])"),
            R"([{"m39":39}])");
  EXPECT_EQ(Patched(large, removal + R"({"op":"test","path":"/0","value":{"m39":39,"m1":1}}])"),
            "");
  EXPECT_EQ(Patched(large, removal + R"({"op":"remove","path":"/0/m7"}])"), "");
  EXPECT_EQ(Patched(large, removal + R"({"op":"replace","path":"/0/m7","value":1}])"), "");
  EXPECT_EQ(Patched(large, removal + R"({"op":"copy","from":"/0","path":"/-"},)"
                                     R"({"op":"add","path":"/1/m7","value":7},)"
                                     R"({"op":"remove","path":"/0/m39"}])"),
            R"([{},{"m39":39,"m7":7}])");
  EXPECT_EQ(Patched(large, removal + R"({"op":"copy","from":"/0","path":"/-"},)"
                                     R"({"op":"test","path":"/1","value":{"m39":39}},)"
                                     R"({"op":"remove","path":"/0"}])"),
            R"([{"m39":39}])");
  EXPECT_EQ(Patched(large, removal + R"({"op":"move","from":"/0","path":"/0"},)"
                                     R"({"op":"move","from":"/0/m39","path":"/0/m0"}])"),
            R"([{"m0":39}])");
  EXPECT_EQ(Patched(large, removal + R"({"op":"replace","path":"/0","value":)" + Large(40) + "}]"),
            large);
}

TEST(JsonPatchTest, RandomPatchesOfLargeObjects) {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    boost::json::object from, to;
    for (int i = 0; i < 200; ++i) {
      const std::string name = std::to_string(random() % 300);
      if (random() % 3 != 0) from[name] = RandomJson(random, 2);
      if (random() % 3 != 0) to[name] = from.contains(name) ? from[name] : RandomJson(random, 2);
    }
    const std::string patch = boost::json::serialize(Difference(from, to));
    const std::string result = Patched(boost::json::serialize(from), patch);
    ASSERT_FALSE(result.empty()) << patch;
    ASSERT_EQ(boost::json::parse(result), boost::json::value(to)) << patch;
  }
}

TEST(JsonPatchTest, WhatStayedTheSameIsShared) {
  const JsonPtr tree = ParseJson(R"([{"a":1},{"b":2},{"c":3}])");
  const auto patched = ApplyPatch(
      tree, *ParseJson(R"([{"op":"remove","path":"/0"},{"op":"add","path":"/0/x","value":1}])"));
  ASSERT_TRUE(patched.ok());
  EXPECT_NE((*(*patched)->list())[0], (*tree->list())[1]);
  EXPECT_EQ((*(*patched)->list())[1], (*tree->list())[2]);
}

}  // namespace
}  // namespace entitysync::client
