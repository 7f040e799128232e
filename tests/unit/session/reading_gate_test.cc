#include "gateway/session/reading_gate.h"

#include <gtest/gtest.h>

#include "tests/testing/fake_transport.h"
#include "tests/testing/manual_loops.h"

namespace entitysync::session {
namespace {

TEST(ReadingGateTest, ReadingGoesOnWhenTheLastReasonIsGone) {
  testing::ManualLoops loops;
  testing::FakeTransport transport(loops.Add());
  ReadingGate gate(transport);
  EXPECT_FALSE(gate.is_stopped());
  EXPECT_TRUE(gate.Stop(NotReading::kSlowApplication));
  EXPECT_FALSE(gate.Stop(NotReading::kSlowApplication)) << "held already";
  EXPECT_TRUE(gate.Stop(NotReading::kSubscribeRate));
  EXPECT_FALSE(transport.is_reading);
  EXPECT_FALSE(gate.Resume(NotReading::kSlowApplication));
  EXPECT_TRUE(gate.is_stopped());
  EXPECT_FALSE(transport.is_reading);
  EXPECT_TRUE(gate.Resume(NotReading::kSubscribeRate));
  EXPECT_FALSE(gate.is_stopped());
  EXPECT_TRUE(transport.is_reading);
}

TEST(ReadingGateTest, WhatDoesNotHoldCannotLetGo) {
  testing::ManualLoops loops;
  testing::FakeTransport transport(loops.Add());
  ReadingGate gate(transport);
  EXPECT_FALSE(gate.Resume(NotReading::kSubscribeRate));
  gate.Stop(NotReading::kSlowApplication);
  EXPECT_FALSE(gate.Resume(NotReading::kSubscribeRate));
  EXPECT_FALSE(transport.is_reading);
}

}  // namespace
}  // namespace entitysync::session
