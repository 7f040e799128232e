#include "gateway/config/interpolate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/fake_environment.h"

namespace entitysync::config {
namespace {

using ::testing::HasSubstr;

std::string Expanded(std::string_view text) {
  const auto result = Interpolate(
      text, FakeEnvironment({{"HOST", "nats"}, {"EMPTY", ""}, {"TRICKY", "${env:HOST}"}}));
  return result.ok() ? *result : "error: " + std::string(result.status().message());
}

TEST(Interpolate, PutsVariablesIntoText) {
  EXPECT_EQ(Expanded("plain $ {text}"), "plain $ {text}");
  EXPECT_EQ(Expanded("nats://${env:HOST}:4222"), "nats://nats:4222");
  EXPECT_EQ(Expanded("${env:HOST}${env:HOST}"), "natsnats");
}

TEST(Interpolate, DefaultsStandInForUnsetAndEmpty) {
  EXPECT_EQ(Expanded("${env:UNSET:-a:b-c}"), "a:b-c");
  EXPECT_EQ(Expanded("${env:EMPTY:-x}"), "x");
  EXPECT_EQ(Expanded("${env:HOST:-x}"), "nats");
  EXPECT_EQ(Expanded("[${env:UNSET:-}]"), "[]");
  EXPECT_EQ(Expanded("[${env:EMPTY}]"), "[]");
}

TEST(Interpolate, DoubledDollarIsAPlainOne) {
  EXPECT_EQ(Expanded("$${env:HOST}"), "${env:HOST}");
  EXPECT_EQ(Expanded("${env:HOST}$${x}"), "nats${x}");
  EXPECT_EQ(Expanded("$$"), "$$");
}

TEST(Interpolate, WhatIsPutInIsNotLookedAtAgain) {
  EXPECT_EQ(Expanded("${env:TRICKY}"), "${env:HOST}");
}

TEST(Interpolate, SaysWhatToDoAboutAnUnsetVariable) {
  EXPECT_THAT(Expanded("${env:UNSET}"), HasSubstr("variable UNSET is not set"));
}

TEST(Interpolate, RefusesOtherForms) {
  for (const char* wrong :
       {"${HOST}", "${env:HOST", "${env:}", "${env:A B}", "${}", "${file:/x}"}) {
    EXPECT_THAT(Expanded(wrong), HasSubstr("error: write ${env:NAME}")) << wrong;
  }
}

}  // namespace
}  // namespace entitysync::config
