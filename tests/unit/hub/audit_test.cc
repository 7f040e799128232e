#include "gateway/hub/audit.h"

#include <map>

#include "tests/unit/hub/hub_fixture.h"

namespace entitysync::hub {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

HubOptions Audited() {
  HubOptions options;
  options.audit_period = seconds(100);
  options.revalidate_jitter = base::Duration(0);
  return options;
}

class AuditTest : public HubTest {
 protected:
  AuditTest() : HubTest(Audited()) {}

  // Lets time pass in which the application always has `row`. Answers how often each key was asked.
  std::map<std::string, int> Run(base::Duration time, const std::string& row = "a") {
    std::map<std::string, int> asked;
    const base::TimePoint end = loops_.Now() + time;
    while (loops_.Now() < end) {
      loops_.Advance(milliseconds(100));
      while (source_.open() > 0) {
        EXPECT_EQ(source_.request().reason, fetch::FetchReason::kRevalidate);
        ++asked[source_.request().key.id];
        Answer(row);
      }
    }
    return asked;
  }
  // Watches a key whose state is known.
  void WatchSettled(uint64_t serial, const std::string& id) {
    Watch(serial, id, "", true);
    Answer("a");
  }
  // Lets time pass until an audit asks; the application has not answered then.
  void WaitForAudit() {
    for (int i = 0; i < 2000 && source_.open() == 0; ++i) loops_.Advance(milliseconds(100));
    ASSERT_EQ(source_.open(), 1u);
  }
  double Differences() const { return metrics_.hub.audit_differences.Value(); }
};

TEST_F(AuditTest, AsksOnceAboutEachKeyInAPeriodEvenlySpread) {
  for (uint64_t i = 0; i < 50; ++i) WatchSettled(i, std::to_string(i));
  const auto first_half = Run(seconds(50));
  EXPECT_GE(first_half.size(), 20u);
  EXPECT_LE(first_half.size(), 30u);
  auto asked = Run(seconds(50));
  for (const auto& [key, times] : first_half) asked[key] += times;
  EXPECT_GE(asked.size(), 48u) << "but for what a shard carries into the next period";
  for (const auto& [key, times] : asked) EXPECT_EQ(times, 1) << key;
  EXPECT_EQ(metrics_.hub.audits.Value(), static_cast<double>(asked.size()));
}

TEST_F(AuditTest, TellsOfNothingThatASubscriptionHas) {
  WatchSettled(1, "1");
  Run(seconds(300));
  EXPECT_EQ(Got(1), Rows{"a"});
  EXPECT_EQ(Differences(), 0);
}

TEST_F(AuditTest, MendsALossThatNobodyNoticedAndSaysSo) {
  WatchSettled(1, "1");
  Run(seconds(101), "changed");
  EXPECT_EQ(Got(1), (Rows{"a", "changed"}));
  Run(Audit::kGrace);
  EXPECT_EQ(Differences(), 1);
}

TEST_F(AuditTest, AChangeThatIsHeardALittleLaterExplainsIt) {
  WatchSettled(1, "1");
  WaitForAudit();
  Answer("committed, not yet notified");
  Run(Audit::kGrace - seconds(1));
  Change();
  Answer("committed, not yet notified");
  Run(Audit::kGrace * 2, "committed, not yet notified");
  EXPECT_EQ(Differences(), 0);
}

TEST_F(AuditTest, SoDoesAGap) {
  WatchSettled(1, "1");
  WaitForAudit();
  Answer("changed");
  Gap();
  Run(Audit::kGrace * 2, "changed");
  EXPECT_EQ(Differences(), 0);
}

TEST_F(AuditTest, ARemovalThatNobodyNotifiedIsADifference) {
  WatchSettled(1, "1");
  WaitForAudit();
  Fail(absl::StatusCode::kNotFound);
  EXPECT_EQ(Got(1), (Rows{"a", "removed"}));
  loops_.Advance(Audit::kGrace + seconds(1));
  EXPECT_EQ(Differences(), 1);
}

TEST_F(AuditTest, AsksNothingOfATargetWhoseRevalidationsWait) {
  // More pairs of one shard than places, and an application that does not answer.
  for (uint64_t i = 0; i < 30; ++i) Watch(i, "1", std::to_string(i));
  Gap();
  const size_t open = source_.open();
  const auto shard_of = [](const std::string& id) {
    return base::StableHash(base::EntityKey{"items", id}) % 2;
  };
  for (uint64_t i = 100; i < 120; ++i) {
    if (shard_of(std::to_string(i)) != shard_of("1")) continue;
    Watch(i, std::to_string(i), "", true);
    source_.AnswerRows({"a"}, std::nullopt, open);
    loops_.RunReady();
  }
  const double queued = metrics_.hub.fetches_queued.Value();
  loops_.Advance(seconds(300));
  EXPECT_EQ(metrics_.hub.fetches_queued.Value(), queued);
  EXPECT_EQ(metrics_.hub.audits.Value(), 0);
}

TEST_F(AuditTest, AFailedAuditIsRetriedAsAnyOtherFetch) {
  WatchSettled(1, "1");
  WaitForAudit();
  Fail(absl::StatusCode::kUnavailable);
  loops_.Advance(seconds(1));
  EXPECT_EQ(source_.open(), 1u);
}

TEST_F(AuditTest, KeysThatComeAndGoLeaveNothingBehind) {
  for (uint64_t i = 0; i < 20; ++i) WatchSettled(i, std::to_string(i));
  Run(seconds(33));
  for (uint64_t i = 0; i < 20; ++i) Leave(i, std::to_string(i));
  EXPECT_TRUE(Run(seconds(300)).empty());
  WatchSettled(100, "again");
  EXPECT_EQ(Run(seconds(101)).size(), 1u);
  hub_->Stop();
  EXPECT_TRUE(Run(seconds(300)).empty());
}

class NoAuditTest : public HubTest {};

TEST_F(NoAuditTest, APeriodOfZeroAsksNothing) {
  Watch(1, "1", "", true);
  Answer("a");
  loops_.Advance(std::chrono::hours(24));
  EXPECT_EQ(source_.started(), 1u);
}

}  // namespace
}  // namespace entitysync::hub
