#include "gateway/base/wire_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace entitysync::base {
namespace {

// Whether all fields can be skipped.
bool IsWhole(const std::string& bytes) {
  WireReader in(bytes);
  uint32_t tag = 0;
  while (!in.AtEnd()) {
    if (!in.ReadTag(tag) || !in.Skip(tag)) return false;
  }
  return true;
}

TEST(WireReaderTest, ReadsWhatStandsThere) {
  // 1: 300, 2: "ab", 15: "".
  const std::string bytes("\x08\xAC\x02\x12\x02\x61\x62\x7A\x00", 9);
  WireReader in(bytes);
  uint32_t tag = 0;
  uint64_t number = 0;
  std::string_view text;
  ASSERT_TRUE(in.ReadTag(tag));
  EXPECT_EQ(tag, WireReader::VarintTag(1));
  ASSERT_TRUE(in.ReadVarint(number));
  EXPECT_EQ(number, 300u);
  ASSERT_TRUE(in.ReadTag(tag));
  EXPECT_EQ(tag, WireReader::BytesTag(2));
  ASSERT_TRUE(in.ReadBytes(text));
  EXPECT_EQ(text, "ab");
  ASSERT_TRUE(in.ReadTag(tag));
  EXPECT_EQ(tag, WireReader::BytesTag(15));
  ASSERT_TRUE(in.ReadBytes(text));
  EXPECT_EQ(text, "");
  EXPECT_TRUE(in.AtEnd());
}

TEST(WireReaderTest, ALargestNumberHasTenBytes) {
  WireReader in("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01");
  uint64_t number = 0;
  ASSERT_TRUE(in.ReadVarint(number));
  EXPECT_EQ(number, UINT64_MAX);
  EXPECT_FALSE(WireReader("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01").ReadVarint(number));
}

TEST(WireReaderTest, SkipsEveryKindOfField) {
  EXPECT_TRUE(IsWhole(std::string("\x08\x01", 2)));
  EXPECT_TRUE(IsWhole(std::string("\x09\0\0\0\0\0\0\0\0", 9)));
  EXPECT_TRUE(IsWhole(std::string("\x0A\x01x", 3)));
  EXPECT_TRUE(IsWhole(std::string("\x0D\0\0\0\0", 5)));
  EXPECT_TRUE(IsWhole(std::string("\x0B\x08\x01\x13\x14\x0C", 6))) << "groups in groups";
}

TEST(WireReaderTest, WhatIsDamagedIsNotRead) {
  for (const std::string& bytes : {
           std::string("\x08"),                             // no value
           std::string("\x08\x80"),                         // half a value
           std::string("\x00\x01", 2),                      // field 0
           std::string("\x0E"),                             // a wire type that is none
           std::string("\x09\0\0\0", 4),                    // half a number
           std::string("\x0A\x02x"),                        // fewer bytes than said
           std::string("\x0A\x80\x80\x80\x80\x80\x00", 7),  // a size of six bytes
           std::string("\x88\x80\x80\x80\x80\x00\x01", 7),  // a tag of six bytes
           std::string("\x0C"),                             // a group ends that never began
           std::string("\x0B\x08\x01"),                     // a group does not end
           std::string("\x0B\x14", 2),                      // a group ends another
       }) {
    EXPECT_FALSE(IsWhole(bytes)) << testing::PrintToString(bytes);
  }
}

TEST(WireReaderTest, GroupsNestAsDeepAsProtocolBuffersLetThem) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '\x0B') + std::string(depth, '\x0C');
  };
  EXPECT_TRUE(IsWhole(nested(WireReader::kMaxDepth)));
  EXPECT_FALSE(IsWhole(nested(WireReader::kMaxDepth + 1)));
  EXPECT_FALSE(IsWhole(std::string(1'000'000, '\x0B')));
}

}  // namespace
}  // namespace entitysync::base
