#include <gtest/gtest.h>

#include "entitysync/entity.h"

namespace entitysync {
namespace {

TEST(ValidateKeyTest, AnyUtf8ButNulIsAnId) {
  for (const char* id : {"100", "a.b", "a b", "*", ">", "/", "äöü", "日本語", "😀"}) {
    EXPECT_TRUE(ValidateKey({"items", id}).ok()) << id;
  }
}

TEST(ValidateKeyTest, LimitsAreInBytes) {
  EXPECT_TRUE(ValidateKey({std::string(128, 'e'), std::string(512, 'i')}).ok());
  EXPECT_FALSE(ValidateKey({std::string(129, 'e'), "1"}).ok());
  EXPECT_FALSE(ValidateKey({"items", std::string(513, 'i')}).ok());
  EXPECT_FALSE(ValidateKey({"", "1"}).ok());
  EXPECT_FALSE(ValidateKey({"items", ""}).ok());
}

TEST(ValidateKeyTest, WhatIsNotUtf8IsRefused) {
  EXPECT_FALSE(ValidateKey({"items", std::string("a\0b", 3)}).ok());
  for (const char* id : {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82",
                         "\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xc3(", "\xf5\x80\x80\x80"}) {
    EXPECT_EQ(ValidateKey({"items", id}).code(), absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace entitysync
