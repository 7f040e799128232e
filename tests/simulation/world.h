#pragma once

#include "gateway/base/random.h"
#include "tests/simulation/judge.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/story.h"
#include "tests/testing/manual_loops.h"

namespace entitysync::simulation {

// What all parts of one simulated cluster share: the time, the chance, the story, the judge.
//
// Owner and lifetime: the Cluster; outlives all parts. Threading: one thread.
struct World {
  World(const Plan& the_plan, bool tell)
      : plan(the_plan),
        random(plan.seed ^ 0x5EED5EED5EED5EEDu),
        loops(plan.seed, testing::ManualLoops::Order::kAnyLegal),
        loop(loops.Add()),
        start(loops.Now()),
        story(tell),
        judge(story) {}

  base::TimePoint Now() const { return loops.Now(); }
  // Since the simulation began.
  base::Duration Elapsed() const { return loops.Now() - start; }
  bool Chance(uint32_t percent) { return random.Below(100) < percent; }
  base::Duration UpTo(base::Duration most) { return random.Between(base::Duration(0), most); }
  template <typename... Parts>
  void Tell(const Parts&... parts) {
    story.Tell(Elapsed(), parts...);
  }
  void Broken(Promise promise, const std::string& what) { judge.Broken(Elapsed(), promise, what); }

  const Plan plan;
  base::Random random;
  testing::ManualLoops loops;
  base::Executor& loop;  // Of all that is not a gateway: clients, producers, network, application.
  const base::TimePoint start;
  Story story;
  Judge judge;
};

}  // namespace entitysync::simulation
