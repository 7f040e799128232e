// What the promises cost, in chosen circumstances instead of random ones.

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <string>

#include "tests/simulation/cluster.h"

namespace entitysync::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A healthy cluster: nothing happens in it but what the test does.
Plan Healthy() {
  Plan plan;
  plan.seed = 1;
  plan.secrets = 1;
  plan.keys = 1;
  plan.watches = 1;
  return plan;
}

class ScenarioTest : public ::testing::Test {
 protected:
  size_t FetchesOf(Cluster& cluster, size_t replica) {
    return cluster.replica(replica).source().started();
  }

  // How long until nobody lacks anything; more than `bound` if somebody still does then.
  static base::Duration Converge(Cluster& cluster, base::Duration bound) {
    const base::TimePoint began = cluster.world().Now();
    while (!cluster.Lacks().empty() && cluster.world().Now() - began <= bound) {
      cluster.world().loops.Advance(milliseconds(50));
    }
    return cluster.world().Now() - began;
  }

  static void ExpectNothingBroken(Cluster& cluster) {
    const auto& verdict = cluster.world().judge.verdict();
    EXPECT_FALSE(verdict.has_value()) << NameOf(verdict->promise) << ": " << verdict->what;
  }

  prometheus::Registry registry_;
  metrics::Metrics metrics_{registry_};
};

TEST_F(ScenarioTest, TenThousandNotifiesOfOneKeyCostEightFetchesPerReplica) {
  Plan plan = Healthy();
  plan.clients = 30;
  Cluster cluster(plan, false, metrics_);
  cluster.service().latency = milliseconds(20);
  cluster.Start();
  size_t before[3];
  for (size_t i = 0; i < 3; ++i) before[i] = FetchesOf(cluster, i);
  size_t taken = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Application::Mutation mutation = cluster.application().Mutate(0);
    cluster.replica(i % 3).Publish({{cluster.application().KeyOf(0), mutation.version}},
                                   {.timeout = seconds(2)},
                                   [&](absl::Status status) { taken += status.ok() ? 1 : 0; });
    cluster.world().loops.Advance(microseconds(10));
  }
  EXPECT_LE(Converge(cluster, seconds(1)), milliseconds(100));
  EXPECT_EQ(taken, 10'000u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_LE(FetchesOf(cluster, i) - before[i], 8u);
    EXPECT_GT(FetchesOf(cluster, i), before[i]);
  }
  ExpectNothingBroken(cluster);
}

TEST_F(ScenarioTest, TenThousandPairsConvergeWithinFiveSecondsWhenTheBusIsBack) {
  Plan plan = Healthy();
  plan.replicas = 1;
  plan.keys = 100;
  plan.watches = 100;
  plan.secrets = 100;
  plan.clients = 300;
  Cluster cluster(plan, false, metrics_);
  cluster.service().latency = milliseconds(1);
  cluster.Start();
  ASSERT_EQ(Converge(cluster, seconds(30)) <= seconds(30), true) << cluster.Lacks();
  ASSERT_GE(metrics_.hub.watched_pairs.Value(), 9'000);
  // Everything changes while the bus is away, and no change is heard.
  cluster.replica(0).link().Break(seconds(0), seconds(3));
  for (KeyIndex key = 0; key < 100; ++key) cluster.application().Mutate(key);
  cluster.world().loops.Advance(seconds(3) + milliseconds(10));
  ASSERT_NE(cluster.Lacks(), "");
  const base::Duration took = Converge(cluster, seconds(5));
  EXPECT_LE(took, seconds(5)) << cluster.Lacks();
  RecordProperty("milliseconds", static_cast<int>(took / milliseconds(1)));
  ExpectNothingBroken(cluster);
}

TEST_F(ScenarioTest, ClientsThatComeBackAllAtOnceCostNoMoreThanTheirDistinctPairs) {
  Plan plan = Healthy();
  plan.replicas = 2;
  plan.keys = 20;
  plan.watches = 5;
  plan.secrets = 10;
  plan.clients = 20'000;
  plan.max_in_flight = 16;  // The sources see to it that no more are in flight.
  Cluster cluster(plan, false, metrics_);
  cluster.Start();
  ASSERT_LE(Converge(cluster, seconds(30)), seconds(30)) << cluster.Lacks();
  const size_t before = FetchesOf(cluster, 1);
  cluster.KillReplica(0);
  EXPECT_LE(Converge(cluster, seconds(10)), seconds(10)) << cluster.Lacks();
  EXPECT_LE(FetchesOf(cluster, 1) - before, plan.keys * plan.secrets);
  ExpectNothingBroken(cluster);
}

}  // namespace
}  // namespace entitysync::simulation
