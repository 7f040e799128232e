#include "entitysync/gateway/subject.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "gateway/base/limits.h"
#include "gateway/base/random.h"

namespace entitysync::bus {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(EscapeToken, KeepsPlainBytesAndSpellsOutTheRest) {
  EXPECT_EQ(EscapeToken("Items-42"), "Items-42");
  EXPECT_EQ(EscapeToken("a.b"), "a_2Eb");
  EXPECT_EQ(EscapeToken("*>_ "), "_2A_3E_5F_20");
  EXPECT_EQ(EscapeToken(std::string("\0\xFF", 2)), "_00_FF");
}

TEST(EscapeToken, ComesBackFromEveryByteAndFromRandomTexts) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    const std::string token = EscapeToken(text);
    EXPECT_TRUE(ValidateSubject(token).ok()) << byte;
    EXPECT_EQ(UnescapeToken(token), text) << byte;
  }
  base::Random random(1);
  for (int round = 0; round < 10'000; ++round) {
    std::string text;
    for (uint64_t left = 1 + random.Below(40); left > 0; --left) {
      text += static_cast<char>(random.Next());
    }
    const std::string token = EscapeToken(text);
    ASSERT_TRUE(ValidateSubject(token).ok());
    ASSERT_EQ(token.find('.'), std::string::npos);
    ASSERT_EQ(UnescapeToken(token), text);
  }
}

TEST(EscapeToken, NeverGivesALoneUnderscore) {
  for (const char* token : {"_", "a_", "_2", "_2e", "_GG", "_41", "a b", "_2E_"}) {
    EXPECT_EQ(UnescapeToken(token), std::nullopt) << token;
  }
}

TEST(UnescapeToken, AcceptsOnlyWhatEscapeTokenGives) {
  base::Random random(2);
  constexpr std::string_view kAlphabet = "_0123456789ABCDEFax-.";
  for (int round = 0; round < 20'000; ++round) {
    std::string token;
    for (uint64_t left = random.Below(8); left > 0; --left) {
      token += kAlphabet[random.Below(kAlphabet.size())];
    }
    if (const auto text = UnescapeToken(token)) {
      ASSERT_EQ(EscapeToken(*text), token);
    }
  }
}

TEST(Matches, IsExactWithoutAWildcard) {
  EXPECT_TRUE(Matches("a.b", "a.b"));
  EXPECT_FALSE(Matches("a.b", "a.b.c"));
  EXPECT_FALSE(Matches("a.b", "a.bc"));
  EXPECT_FALSE(Matches("a.b", "a"));
}

TEST(Matches, WildcardNeedsAtLeastOneTokenMore) {
  EXPECT_TRUE(Matches("a.>", "a.b"));
  EXPECT_TRUE(Matches("a.>", "a.b.c"));
  EXPECT_FALSE(Matches("a.>", "a"));
  EXPECT_FALSE(Matches("a.>", "a."));
  EXPECT_FALSE(Matches("a.>", "ab.c"));
  EXPECT_FALSE(Matches("a.>", "b.a.c"));
}

TEST(ValidateSubject, TakesTokensJoinedByDots) {
  EXPECT_TRUE(ValidateSubject("entitysync.change._.r-1").ok());
  EXPECT_TRUE(ValidateSubject(std::string(kMaxSubjectBytes, 'a')).ok());
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "a b", "a.*", "a.>", "\xC3\xA4"}) {
    EXPECT_EQ(ValidateSubject(bad).code(), absl::StatusCode::kInvalidArgument) << bad;
  }
  EXPECT_FALSE(ValidateSubject(std::string(kMaxSubjectBytes + 1, 'a')).ok());
}

TEST(ValidateSubscription, MayEndInAWildcard) {
  EXPECT_TRUE(ValidateSubscription("a.b").ok());
  EXPECT_TRUE(ValidateSubscription("a.>").ok());
  for (const char* bad : {"", ">", ".>", "a.>.b", "a>", "*.a", "a.>.>"}) {
    EXPECT_EQ(ValidateSubscription(bad).code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

TEST(ValidateMessage, LimitsThePayloadAndRepeatsNoBytes) {
  const std::string largest(base::limits::kMaxBusMessageBytes, 'x');
  EXPECT_TRUE(ValidateMessage("a", largest).ok());
  EXPECT_FALSE(ValidateMessage("a", largest + "x").ok());
  EXPECT_THAT(std::string(ValidateMessage("hush hush", "").message()), Not(HasSubstr("hush")));
}

}  // namespace
}  // namespace entitysync::bus
