#include "gateway/base/entity_key.h"

#include <gtest/gtest.h>

#include <string>

#include "gateway/base/content_hash.h"
#include "gateway/base/limits.h"

namespace entitysync::base {
namespace {

TEST(EntityKeyTest, AnyUtf8ButNulIsAnId) {
  for (const std::string id :
       {"100", "a.b.c", "a b", "*", ">", "\n", "/", "\xC3\xA4", "\xF0\x9F\x9A\x80"}) {
    EXPECT_TRUE(ValidateEntityKey("items", id).ok()) << id;
  }
}

TEST(EntityKeyTest, SaysWhichPartIsWrongAndWhy) {
  EXPECT_EQ(ValidateEntityKey("", "1").message(), "entity is empty");
  EXPECT_EQ(ValidateEntityKey("items", "").message(), "id is empty");
  EXPECT_EQ(ValidateEntityKey("items", std::string("a\0b", 3)).message(),
            "id holds a NUL character");
  EXPECT_EQ(ValidateEntityKey("items", "\xFF").message(), "id is not valid UTF-8");
  EXPECT_TRUE(ValidateEntityKey("items", std::string(limits::kMaxIdBytes, 'x')).ok());
  EXPECT_EQ(ValidateEntityKey("items", std::string(limits::kMaxIdBytes + 1, 'x')).message(),
            "id has 513 bytes, more than the limit of 512");
  EXPECT_EQ(ValidateEntityKey(std::string(limits::kMaxEntityBytes + 1, 'x'), "1").message(),
            "entity has 129 bytes, more than the limit of 128");
}

TEST(Utf8Test, RefusesOverlongSurrogateTruncatedAndTooLarge) {
  for (const std::string bad : {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                "\x80", "\xE2\x82", "\xF0\x9F\x9A", "a\xC3"}) {
    EXPECT_FALSE(IsValidUtf8(bad));
  }
  EXPECT_TRUE(IsValidUtf8("\xED\x9F\xBF \xEE\x80\x80 \xF4\x8F\xBF\xBF"));
  EXPECT_TRUE(IsValidUtf8(""));
}

// The values are part of the contract between replicas: they must never change.
TEST(StableHashTest, IsTheSameEverywhere) {
  EXPECT_EQ(StableHash({"items", "100"}), StableHash({"items", "100"}));
  EXPECT_NE(StableHash({"items", "100"}), StableHash({"item", "s100"}));
  EXPECT_EQ(StableHash({"items", "100"}), 15436364936911536693u);
}

TEST(ContentHashTest, CoversTheOrderAndTheBoundariesOfRows) {
  EXPECT_EQ(HashRows({"a", "b"}), HashRows({"a", "b"}));
  EXPECT_NE(HashRows({"a", "b"}), HashRows({"b", "a"}));
  EXPECT_NE(HashRows({"ab"}), HashRows({"a", "b"}));
  EXPECT_NE(HashRows({}), HashRows({""}));
  const ContentHash golden = HashRows({"{\"id\":1}"});
  EXPECT_EQ(golden.high, 16815381785608069331u);
  EXPECT_EQ(golden.low, 770497844992609151u);
}

}  // namespace
}  // namespace entitysync::base
