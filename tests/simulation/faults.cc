// The faults of a Cluster: what goes wrong, and how long.

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "tests/simulation/cluster.h"

namespace entitysync::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

using Mood = Service::Mood;
constexpr Mood kOutages[] = {Mood::kRefusing, Mood::kHanging, Mood::kSlow};

// Shorter than a publisher may be silent, by more than a heartbeat.
constexpr base::Duration kBriefCut = milliseconds(1400);
constexpr base::Duration kBetweenBriefCuts = seconds(3);
// At these ages it has been heard by the others, and has heard them, brief cuts or not.
constexpr base::Duration kOldToEnd = seconds(6);
constexpr base::Duration kOldToHear = seconds(3);

}  // namespace

void Cluster::FailSomething() {
  using Fault = void (*)(Cluster&);
  struct Kind {
    bool Plan::*planned;
    Fault fault;
  };
  static constexpr Kind kKinds[] = {
      {&Plan::kills, [](Cluster& self) { self.RestartAny(true); }},
      {&Plan::drains, [](Cluster& self) { self.RestartAny(false); }},
      {&Plan::breaks, [](Cluster& self) { self.BreakLink(false); }},
      {&Plan::silent_breaks, [](Cluster& self) { self.BreakLink(true); }},
      {&Plan::route_cuts, [](Cluster& self) { self.CutRoute(false); }},
      {&Plan::lossy_routes, [](Cluster& self) { self.CutRoute(true); }},
      {&Plan::drops, [](Cluster& self) { self.DropMessages(); }},
      {&Plan::duplicates, [](Cluster& self) { self.bus_.SetDuplicates(30); }},
      {&Plan::refusals, [](Cluster& self) { self.RefusePublishing(); }},
      {&Plan::slow_bus, [](Cluster& self) { self.SlowBus(); }},
      {&Plan::freezes, [](Cluster& self) { self.FreezeReplica(); }},
      {&Plan::outages,
       [](Cluster& self) { self.FailApplication(kOutages[self.world_.random.Below(3)]); }},
      {&Plan::flakes, [](Cluster& self) { self.FailApplication(Mood::kFlaky); }},
      {&Plan::misconfigures, [](Cluster& self) { self.FailApplication(Mood::kMisconfigured); }},
  };
  std::vector<Fault> faults;
  for (const Kind& kind : kKinds) {
    if (world_.plan.*kind.planned) faults.push_back(kind.fault);
  }
  if (!faults.empty()) faults[world_.random.Below(faults.size())](*this);
}

Replica* Cluster::AnyReplica() {
  std::vector<Replica*> running;
  for (const auto& replica : replicas_) {
    if (replica != nullptr) running.push_back(replica.get());
  }
  return running.empty() ? nullptr : running[world_.random.Below(running.size())];
}

void Cluster::RestartAny(bool kill) {
  const Replica* replica = AnyReplica();
  if (replica != nullptr && MayEnd(replica->index())) RestartReplica(replica->index(), kill);
}

bool Cluster::MayEnd(size_t index) const {
  const auto is_older = [&](size_t i, base::Duration age) {
    return replicas_[i] != nullptr && replicas_[i]->Age() >= age;
  };
  if (!world_.plan.brief_cuts) return is_older(index, base::Duration(0));
  for (size_t i = 0; i < replicas_.size(); ++i) {
    if (!is_older(i, i == index ? kOldToEnd : kOldToHear)) return false;
  }
  return true;
}

void Cluster::BreakLink(bool silent) {
  const base::Duration unnoticed = silent ? world_.UpTo(seconds(6)) : base::Duration(0);
  const base::Duration away = world_.UpTo(seconds(3));
  const bool all = world_.Chance(30);  // The nats-server itself, or a network for all.
  Replica* one = AnyReplica();
  if (one == nullptr) return;
  world_.Tell("the bus breaks for ", all ? "all" : one->name(), silent ? ", unnoticed" : "");
  for (const auto& replica : replicas_) {
    if (replica != nullptr && (all || replica.get() == one)) {
      replica->link().Break(unnoticed, away);
    }
  }
}

void Cluster::CutRoute(bool lossy) {
  const size_t from = world_.random.Below(replicas_.size());
  const size_t to = world_.random.Below(replicas_.size());
  if (from == to) return;  // Its own server always hears a replica.
  const bool brief = world_.plan.brief_cuts;
  if (brief && world_.Now() - last_cut_end_ < kBetweenBriefCuts) return;
  const base::Duration most = brief ? kBriefCut : seconds(8);
  last_cut_end_ = world_.Now() + most;
  const uint32_t loss = lossy ? 30 : 100;
  const bool both = world_.Chance(50);
  world_.Tell("the route from replica ", from, both ? " and back from " : " to ", to, " loses ",
              loss, " %");
  const auto set = [this, from, to, both](uint32_t percent) {
    bus_.SetRoute(from, to, percent);
    if (both) bus_.SetRoute(to, from, percent);
  };
  set(loss);
  if (brief) {
    world_.loop.After(std::min(most, RestOfFaults()), [set] { set(0); });
  } else {
    HealAfter(most, [set] { set(0); });
  }
  // A publisher that dies unheard: only its silence tells.
  if (brief && world_.plan.kills && world_.Chance(50)) {
    world_.loop.After(world_.random.Between(most / 4, most), [this, from] {
      if (!faults_stopped_ && MayEnd(from)) RestartReplica(from, true);
    });
  }
}

void Cluster::DropMessages() {
  Replica* replica = AnyReplica();
  if (replica == nullptr) return;
  world_.Tell(replica->name(), "'s link drops messages");
  replica->link().DropNext(1 + world_.random.Below(10), world_.UpTo(seconds(1)));
}

void Cluster::RefusePublishing() {
  Replica* replica = AnyReplica();
  if (replica == nullptr) return;
  world_.Tell(replica->name(), "'s link takes nothing");
  replica->link().Refuse(true);
  const size_t index = replica->index();
  HealAfter(seconds(3), [this, index] {
    if (replicas_[index] != nullptr) replicas_[index]->link().Refuse(false);
  });
}

void Cluster::SlowBus() {
  world_.Tell("the bus is slow");
  bus_.SetMostDelay(world_.random.Between(milliseconds(50), milliseconds(1500)));
  HealAfter(seconds(4), [this] { bus_.SetMostDelay(milliseconds(2)); });
}

void Cluster::FreezeReplica() {
  Replica* replica = AnyReplica();
  if (replica == nullptr) return;
  replica->Freeze(world_.Chance(50), std::min(world_.UpTo(seconds(4)), RestOfFaults()));
}

void Cluster::FailApplication(Service::Mood mood) {
  service_.mood = mood;
  world_.Tell("the application is in mood ", static_cast<int>(service_.mood));
  HealAfter(seconds(5), [this] { service_.mood = Mood::kWell; });
}

base::Duration Cluster::RestOfFaults() const {
  return std::max(base::Duration(0), seconds(1) + world_.plan.fault_span - world_.Elapsed());
}

void Cluster::HealAfter(base::Duration most, base::Task heal) {
  world_.loop.After(std::min(world_.UpTo(most), RestOfFaults()), std::move(heal));
}

}  // namespace entitysync::simulation
