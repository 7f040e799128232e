#include "gateway/front/bearer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace entitysync::front {
namespace {

using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(BearerTest, ComparesAllBytesAndTheLength) {
  EXPECT_TRUE(EqualInConstantTime("secret", "secret"));
  EXPECT_FALSE(EqualInConstantTime("secreT", "secret"));
  EXPECT_FALSE(EqualInConstantTime("Secret", "secret"));
  EXPECT_FALSE(EqualInConstantTime("secre", "secret"));
  EXPECT_FALSE(EqualInConstantTime("secretsecret", "secret"));
  EXPECT_FALSE(EqualInConstantTime("", "secret"));
  EXPECT_FALSE(EqualInConstantTime("s", ""));
}

TEST(BearerTest, WithoutAKeyEverybodyMayCall) {
  EXPECT_TRUE(CheckBearer({}, "").ok());
  EXPECT_TRUE(CheckBearer({{"authorization", "Bearer whatever"}}, "").ok());
}

TEST(BearerTest, TheSchemeIsReadInAnyCase) {
  EXPECT_TRUE(CheckBearer({{"authorization", "Bearer k3y"}}, "k3y").ok());
  EXPECT_TRUE(CheckBearer({{"authorization", "bearer k3y"}}, "k3y").ok());
}

TEST(BearerTest, AllElseIsUnauthenticatedAndNamesNoKey) {
  for (const Metadata& metadata :
       {Metadata{}, Metadata{{"authorization", "k3y"}}, Metadata{{"authorization", "Basic k3y"}},
        Metadata{{"authorization", "Bearer "}}, Metadata{{"authorization", "Bearer"}},
        Metadata{{"authorization", "Bearer guessed"}}, Metadata{{"authorization", "Bearer k3y "}},
        Metadata{{"authorization", "Bearer k3y"}, {"authorization", "Bearer k3y"}}}) {
    const absl::Status status = CheckBearer(metadata, "k3y");
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("k3y")));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("guessed")));
  }
}

}  // namespace
}  // namespace entitysync::front
