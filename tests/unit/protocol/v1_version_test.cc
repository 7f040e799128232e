#include "gateway/protocol/v1_version.h"

#include <gtest/gtest.h>

namespace entitysync::protocol {
namespace {

constexpr base::ContentHash kHash{.high = 0x0123456789abcdef, .low = 0x1};

TEST(StateVersionTest, IsWrittenAsPromised) {
  EXPECT_EQ(WriteVersion({.number = 7, .hash = kHash}), "7.0123456789abcdef0000000000000001");
  EXPECT_EQ(WriteVersion({.number = std::nullopt, .hash = kHash}),
            ".0123456789abcdef0000000000000001");
}

TEST(StateVersionTest, WhatIsWrittenIsRead) {
  for (const std::optional<uint64_t> number :
       {std::optional<uint64_t>(), std::optional<uint64_t>(0),
        std::optional<uint64_t>(UINT64_MAX)}) {
    const StateVersion version{.number = number, .hash = kHash};
    EXPECT_EQ(ReadVersion(WriteVersion(version)), version);
  }
}

TEST(StateVersionTest, NothingElseIs) {
  for (const char* text :
       {"", ".", "7", "7.", "7.0123456789abcdef000000000000001",
        "7.0123456789abcdef00000000000000011", "7.0123456789ABCDEF0000000000000001",
        "07.0123456789abcdef0000000000000001", "+7.0123456789abcdef0000000000000001",
        "-7.0123456789abcdef0000000000000001",
        "18446744073709551616.0123456789abcdef0000000000000001",
        "7.0123456789abcdeg0000000000000001", "7.-123456789abcdef0000000000000001"}) {
    EXPECT_FALSE(ReadVersion(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace entitysync::protocol
