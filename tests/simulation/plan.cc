#include "tests/simulation/plan.h"

#include <algorithm>

#include "gateway/base/random.h"

namespace entitysync::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

void DrawSizes(base::Random& random, Plan& plan) {
  plan.replicas = 1 + random.Below(3);
  plan.workers = 1 + random.Below(2);
  plan.keys = 2 + random.Below(5);
  plan.secrets = 1 + random.Below(3);
  plan.clients = 2 + random.Below(7);
  plan.watches = 1 + random.Below(plan.keys);
  plan.fault_span = random.Between(seconds(4), seconds(16));
  plan.change_interval = random.Between(milliseconds(20), milliseconds(600));
  plan.fault_interval = random.Between(milliseconds(150), milliseconds(1500));
  plan.client_interval = random.Between(milliseconds(100), milliseconds(1500));
}

void DrawLimits(base::Random& random, Plan& plan) {
  const auto one_in = [&](uint64_t n) { return random.Below(n) == 0; };
  if (one_in(3)) plan.mailbox_changes = 1 + random.Below(6);
  if (one_in(3)) plan.revalidations_in_flight = 1 + random.Below(3);
  if (one_in(3)) plan.max_in_flight = 1 + random.Below(4);
  if (one_in(4)) plan.max_queued = 1 + random.Below(4);
  if (one_in(3)) plan.batch = 1 + random.Below(4);
  plan.batch_window = random.Between(milliseconds(0), milliseconds(10));
  if (one_in(3)) plan.revalidate_batch = 1 + random.Below(4);
  if (one_in(3)) plan.subscribes_per_second = 50 + static_cast<uint32_t>(random.Below(100));
  if (one_in(3)) plan.audit_period = random.Between(seconds(2), seconds(6));
  if (one_in(3)) plan.keep_state = random.Between(milliseconds(200), seconds(4));
  plan.flush_bytes = 16 + random.Below(150);
  plan.kernel_bytes = 16 + random.Below(150);
}

// What a publisher said while nobody could hear it is noticed when it is heard again, or when it
// falls silent. If it ends before either, only an audit can find out. So where both may happen
// there is one; or else routes are away too briefly, and replicas live too long, for it to happen.
void MakeLossesNoticeable(base::Random& random, Plan& plan) {
  const bool publishers_end = plan.kills || plan.drains;
  const bool routes_lose = plan.route_cuts || plan.lossy_routes;
  if (!publishers_end || !routes_lose) return;
  if (random.Below(2) == 0) {
    plan.needs_audit = true;
    plan.audit_period = random.Between(seconds(2), seconds(6));
    return;
  }
  plan.audit_period = base::Duration(0);
  plan.brief_cuts = true;
  plan.replicas = std::max<size_t>(plan.replicas, 2);
  plan.fault_span = random.Between(seconds(10), seconds(16));
  plan.change_interval = std::min<base::Duration>(plan.change_interval, milliseconds(150));
  plan.breaks = plan.silent_breaks = plan.slow_bus = plan.refusals = plan.freezes = false;
}

}  // namespace

Plan MakePlan(uint64_t seed) {
  base::Random random(seed * 2 + 1);
  Plan plan;
  plan.seed = seed;
  DrawSizes(random, plan);
  DrawLimits(random, plan);
  for (bool Plan::*kind :
       {&Plan::lag,        &Plan::restarts_numbers, &Plan::removes,      &Plan::denies,
        &Plan::kills,      &Plan::drains,           &Plan::breaks,       &Plan::silent_breaks,
        &Plan::route_cuts, &Plan::lossy_routes,     &Plan::drops,        &Plan::duplicates,
        &Plan::refusals,   &Plan::slow_bus,         &Plan::freezes,      &Plan::outages,
        &Plan::flakes,     &Plan::misconfigures,    &Plan::stalls,       &Plan::vanishes,
        &Plan::leaves,     &Plan::secret_changes,   &Plan::unsubscribes, &Plan::bursts,
        &Plan::slow_key,   &Plan::no_batches,       &Plan::large_answers}) {
    plan.*kind = random.Below(3) == 0;
  }
  MakeLossesNoticeable(random, plan);
  // Drawn apart, so that seeds kept their stories when these came.
  base::Random later(seed * 2);
  for (bool Plan::*kind : {&Plan::types_alone, &Plan::compression}) {
    plan.*kind = later.Below(3) == 0;
  }
  if (later.Below(2) == 0) {
    plan.v1_percent = later.Below(2) == 0 ? 50 : 100;
    plan.row_padding = later.Below(3) == 0 ? 0 : 300;
    if (later.Below(4) == 0) plan.max_state_rate = 3;
  }
  // Numbers that start again during a fetch may look as if its answer covered them.
  if (plan.restarts_numbers) {
    plan.needs_audit = true;
    plan.audit_period = std::max<base::Duration>(plan.audit_period, seconds(3));
  }
  return plan;
}

}  // namespace entitysync::simulation
