#include "gateway/fetch/usual_latency.h"

#include <gtest/gtest.h>

namespace entitysync::fetch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(UsualLatencyTest, FarAboveWhatIsUsualIsSlow) {
  UsualLatency usual;
  for (int i = 0; i < 100; ++i) usual.Learn(milliseconds(10), 1);
  EXPECT_FALSE(usual.IsSlow(milliseconds(80), 1));
  EXPECT_TRUE(usual.IsSlow(milliseconds(100), 1));
}

TEST(UsualLatencyTest, WhatIsSlowForOneTargetIsUsualForAnother) {
  UsualLatency usual;
  for (int i = 0; i < 100; ++i) usual.Learn(milliseconds(200), 1);
  EXPECT_FALSE(usual.IsSlow(milliseconds(800), 1));
}

TEST(UsualLatencyTest, AFewHangingCallsDoNotHideTheNext) {
  UsualLatency usual;
  for (int i = 0; i < 100; ++i) usual.Learn(milliseconds(1), 1);
  for (int i = 0; i < 3; ++i) usual.Learn(seconds(5), 1);
  EXPECT_TRUE(usual.IsSlow(milliseconds(500), 1));
}

TEST(UsualLatencyTest, ManyItemsMayTakeManyTimesLonger) {
  UsualLatency usual;
  for (int i = 0; i < 100; ++i) usual.Learn(milliseconds(3), 3);
  EXPECT_FALSE(usual.IsSlow(milliseconds(100), 100));
  EXPECT_TRUE(usual.IsSlow(milliseconds(100), 3));
  EXPECT_TRUE(usual.IsSlow(seconds(1), 100));
}

TEST(UsualLatencyTest, FewItemsMayTakeAsLongAsUsual) {
  UsualLatency usual;
  for (int i = 0; i < 100; ++i) usual.Learn(milliseconds(100), 100);
  EXPECT_FALSE(usual.IsSlow(milliseconds(400), 1));
}

TEST(UsualLatencyTest, ATargetThatIsSlowerForGoodIsSoonAsUsual) {
  UsualLatency usual;
  for (int i = 0; i < 100; ++i) usual.Learn(milliseconds(1), 1);
  int slow = 0;
  for (; usual.IsSlow(seconds(1), 1); ++slow) usual.Learn(seconds(1), 1);
  EXPECT_LE(slow, 12);
}

}  // namespace
}  // namespace entitysync::fetch
