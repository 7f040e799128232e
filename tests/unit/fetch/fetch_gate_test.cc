#include "gateway/fetch/fetch_gate.h"

#include <gtest/gtest.h>

#include <deque>

namespace entitysync::fetch {
namespace {

using Priority = FetchGate::Priority;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Waiter final : FetchGate::Waiter {
  void OnAdmitted() override { is_in = true; }
  bool is_in = false;
};

// A gate with many who want to revalidate.
class FetchGateTest : public ::testing::Test {
 protected:
  void Revalidate(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      waiters_.emplace_back();
      if (gate_.Enter(waiters_.back(), Priority::kRevalidate) == FetchGate::Admission::kNow) {
        waiters_.back().is_in = true;
      }
    }
  }
  size_t Admitted() const {
    return static_cast<size_t>(
        std::count_if(waiters_.begin(), waiters_.end(), [](const Waiter& w) { return w.is_in; }));
  }
  FetchGate::Ending Ended(bool failed) {
    return {.started = now_, .now = now_ + milliseconds(1), .failed = failed};
  }

  prometheus::Registry registry_;
  metrics::HubMetrics metrics_{registry_};
  base::TimePoint now_{seconds(1)};
  FetchGate gate_{
      {.in_flight = 100, .revalidations_in_flight = 8, .queued = 10, .revalidations_initial = 4},
      metrics_};
  std::deque<Waiter> waiters_;
};

TEST_F(FetchGateTest, RevalidationsBeginAtTheInitialLimit) {
  Revalidate(20);
  EXPECT_EQ(Admitted(), 4u);
  EXPECT_EQ(metrics_.revalidation_limit.Value(), 4);
}

TEST_F(FetchGateTest, GoodAnswersAdmitMoreUpToTheCeiling) {
  Revalidate(200);
  for (int i = 0; i < 100; ++i) gate_.Leave(Priority::kRevalidate, Ended(false));
  EXPECT_EQ(gate_.in_flight(), 8u);
  EXPECT_EQ(metrics_.revalidation_limit.Value(), 8);
}

TEST_F(FetchGateTest, AfterAFailureNobodyIsAdmittedUntilHalfAreThrough) {
  Revalidate(20);
  gate_.Leave(Priority::kRevalidate, Ended(true));
  EXPECT_EQ(Admitted(), 4u) << "three are under way, two would be allowed";
  gate_.Leave(Priority::kRevalidate, Ended(true));
  EXPECT_EQ(Admitted(), 4u);
  gate_.Leave(Priority::kRevalidate, Ended(true));
  EXPECT_EQ(Admitted(), 5u);
  EXPECT_EQ(metrics_.revalidation_limit.Value(), 2);
}

TEST_F(FetchGateTest, OtherFetchesAreNotLimitedByIt) {
  Revalidate(20);
  gate_.Leave(Priority::kRevalidate, Ended(true));
  Waiter urgent;
  EXPECT_EQ(gate_.Enter(urgent, Priority::kUrgent), FetchGate::Admission::kNow);
  gate_.Leave(Priority::kUrgent, Ended(true));
  EXPECT_EQ(metrics_.revalidation_limit.Value(), 2);
}

TEST(FetchGatePlaceTest, TheOnlyPlaceGoesToBothKindsInTurn) {
  prometheus::Registry registry;
  metrics::HubMetrics metrics(registry);
  FetchGate gate({.in_flight = 1, .revalidations_in_flight = 1, .queued = 10}, metrics);
  Waiter first;
  ASSERT_EQ(gate.Enter(first, Priority::kUrgent), FetchGate::Admission::kNow);
  std::deque<Waiter> urgent(3);
  std::deque<Waiter> revalidations(3);
  for (int i = 0; i < 3; ++i) {
    gate.Enter(urgent[i], Priority::kUrgent);
    gate.Enter(revalidations[i], Priority::kRevalidate);
  }
  for (int i = 0; i < 3; ++i) {
    gate.Leave(Priority::kUrgent);
    EXPECT_TRUE(revalidations[i].is_in) << i;
    EXPECT_FALSE(urgent[i].is_in) << i;
    gate.Leave(Priority::kRevalidate);
    EXPECT_TRUE(urgent[i].is_in) << i;
  }
}

TEST_F(FetchGateTest, ACancelledFetchTeachesNothing) {
  Revalidate(4);
  for (int i = 0; i < 4; ++i) gate_.Leave(Priority::kRevalidate);
  EXPECT_EQ(metrics_.revalidation_limit.Value(), 4);
}

}  // namespace
}  // namespace entitysync::fetch
