#include "gateway/fetch/recovery.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/unit/fetch/coalescer_fixture.h"

namespace entitysync::fetch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Someone final : Recovery::Sleeper {
  void OnWoken() override { ++woken; }
  int woken = 0;
};

class RecoveryTest : public ::testing::Test {
 protected:
  void Answer() { recovery_.OnAnswer(now_, now_); }
  bool Sleep(Someone& someone) { return recovery_.Sleep(someone); }
  void FailOften() {
    for (uint32_t i = 0; i < Recovery::kDownAfter; ++i) recovery_.OnFailure(now_);
  }

  base::TimePoint now_{std::chrono::hours(1)};
  Recovery recovery_;
  Someone a_;
  Someone b_;
};

TEST_F(RecoveryTest, TheFirstAnswerAfterAnOutageWakesEverybodyOnce) {
  FailOften();
  Sleep(a_);
  Sleep(b_);
  Answer();
  Answer();
  EXPECT_EQ(a_.woken, 1);
  EXPECT_EQ(b_.woken, 1);
  EXPECT_EQ(recovery_.recoveries(), 1u);
}

TEST_F(RecoveryTest, WhatFailsWhileOthersAreAnsweredWakesNobody) {
  for (int i = 0; i < 10; ++i) {
    recovery_.OnFailure(now_);
    EXPECT_FALSE(Sleep(a_));
    Answer();
  }
  EXPECT_EQ(a_.woken, 0);
  EXPECT_EQ(recovery_.recoveries(), 0u);
}

TEST_F(RecoveryTest, NorDoManyThatFailBesideOthersThatAreAnswered) {
  for (int i = 0; i < 20; ++i) {
    Answer();
    now_ += milliseconds(100);
    FailOften();
    Sleep(a_);
    now_ += milliseconds(100);
  }
  EXPECT_EQ(a_.woken, 0);
}

TEST_F(RecoveryTest, AnAnswerToWhatBeganBeforeTheOutageDoesNotHideItsEnd) {
  const base::TimePoint before = now_;
  now_ += seconds(1);
  FailOften();
  Sleep(a_);
  now_ += seconds(1);
  recovery_.OnAnswer(before, now_);
  EXPECT_EQ(a_.woken, 0) << "it was asked when all was well";
  now_ += milliseconds(1);
  Answer();
  EXPECT_EQ(a_.woken, 1);
}

TEST_F(RecoveryTest, KnowsThatASilenceEnded) {
  Answer();
  const base::TimePoint began = now_ += milliseconds(1);
  now_ += milliseconds(500);
  Answer();
  EXPECT_FALSE(recovery_.HasAnsweredAgainSince(began)) << "it was never silent";
  now_ += Recovery::kDownFor;
  Answer();
  EXPECT_TRUE(recovery_.HasAnsweredAgainSince(began));
  EXPECT_FALSE(recovery_.HasAnsweredAgainSince(now_));
}

TEST_F(RecoveryTest, OneProbesUntilTheTargetAnswers) {
  FailOften();
  EXPECT_TRUE(Sleep(a_));
  EXPECT_FALSE(Sleep(b_));
  recovery_.Rise(a_);
  recovery_.OnFailure(now_);
  EXPECT_TRUE(Sleep(a_));
  EXPECT_FALSE(Sleep(b_));
}

TEST_F(RecoveryTest, AProberThatGoesHandsOn) {
  FailOften();
  auto prober = std::make_unique<Someone>();
  Sleep(*prober);
  Sleep(b_);
  recovery_.Forget(*prober);
  prober.reset();
  EXPECT_EQ(b_.woken, 1);
  EXPECT_TRUE(Sleep(b_));
}

TEST_F(RecoveryTest, WhoRoseByItselfIsNotWoken) {
  FailOften();
  Sleep(a_);
  recovery_.Rise(a_);
  Answer();
  EXPECT_EQ(a_.woken, 0);
}

TEST_F(CoalescerTest, WhileTheTargetIsAwaySomebodyAsksAtLeastEverySecond) {
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  base::TimePoint last = loop_.Now();
  for (int i = 0; i < 30; ++i) {
    Fail(absl::StatusCode::kUnavailable);
    while (source_.open() == 0) loops_.Advance(milliseconds(10));
    EXPECT_LE(loop_.Now() - last, options_.probe_interval + milliseconds(10));
    last = loop_.Now();
  }
}

TEST_F(CoalescerTest, WhenTheTargetIsBackNobodySleepsOn) {
  auto other = Make();
  ON_LOOP(coalescer_->OnChange(std::nullopt));
  ON_LOOP(other->OnChange(std::nullopt));
  // Long enough for their backoffs to grow.
  const base::TimePoint end = loop_.Now() + seconds(120);
  while (loop_.Now() < end) {
    if (source_.open() > 0) Fail(absl::StatusCode::kUnavailable);
    loops_.Advance(milliseconds(10));
  }
  while (source_.open() == 0) loops_.Advance(milliseconds(10));
  Answer("back");
  ASSERT_EQ(source_.open(), 1u) << "the other one asks at once";
  Answer("back");
  EXPECT_EQ(rows_.size(), 2u);
  ON_LOOP(other.reset());
}

}  // namespace
}  // namespace entitysync::fetch
