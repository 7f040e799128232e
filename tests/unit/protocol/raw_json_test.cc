#include "gateway/protocol/raw_json.h"

#include <gtest/gtest.h>

#include <string>

namespace entitysync::protocol {
namespace {

TEST(RawJsonTest, KnowsDocuments) {
  for (const char* text : {"{}", "[]", "null", "1.50e3", "\"x\"", " {\"a\": [1, 2, {}]} "}) {
    EXPECT_TRUE(IsJson(text)) << text;
  }
  for (const char* text : {"", " ", "{", "{} {}", "nul", "'x'", "{a:1}", "[1,]", "\"\xff\""}) {
    EXPECT_FALSE(IsJson(text)) << text;
  }
}

TEST(RawJsonTest, NestedTooDeepIsNoDocument) {
  EXPECT_TRUE(IsJson(std::string(kMaxJsonDepth, '[') + std::string(kMaxJsonDepth, ']')));
  EXPECT_FALSE(IsJson(std::string(kMaxJsonDepth + 1, '[') + std::string(kMaxJsonDepth + 1, ']')));
}

TEST(RawJsonTest, AMembersTextIsAsItStands) {
  const std::string object =
      "  {\"a\" : {\"b\": \"}]\\\"\", \"c\":[ 1,2 ]} , \"n\":-1.50e+3,\"s\":\"x\\\\\", \"t\" : "
      "true}";
  EXPECT_EQ(RawMember(object, "a"), "{\"b\": \"}]\\\"\", \"c\":[ 1,2 ]}");
  EXPECT_EQ(RawMember(object, "n"), "-1.50e+3");
  EXPECT_EQ(RawMember(object, "s"), "\"x\\\\\"");
  EXPECT_EQ(RawMember(object, "t"), "true");
  EXPECT_EQ(RawMember(object, "b"), "") << "only the object's own members";
  EXPECT_EQ(RawMember("{}", "a"), "");
}

TEST(RawJsonTest, OfSeveralTheLastCountsHoweverItIsWritten) {
  EXPECT_EQ(RawMember(R"({"body":1,"\u0062ody":2})", "body"), "2");
  EXPECT_EQ(RawMember(R"({"body":1,"other":3})", "body"), "1");
}

}  // namespace
}  // namespace entitysync::protocol
