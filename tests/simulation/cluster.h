#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/application.h"
#include "tests/simulation/bus.h"
#include "tests/simulation/client.h"
#include "tests/simulation/directory.h"
#include "tests/simulation/producer.h"
#include "tests/simulation/replica.h"
#include "tests/simulation/source.h"
#include "tests/simulation/world.h"

namespace entitysync::simulation {

// What one seed came to.
struct Outcome {
  std::optional<Judge::Verdict> verdict;  // Nothing: every promise was kept.
  base::Duration convergence{};           // From the end of the faults on.
  size_t changes = 0;
  std::string story;  // Empty unless asked for.
};

// A cluster in one thread, from one plan: replicas, bus, application, producers and clients, first
// in good health, then with faults, then healed and held against the promises.
//
// Owner and lifetime: whoever runs a seed, or a test of one scenario. Threading: one thread.
class Cluster final : private Directory {
 public:
  // `tell`: keep the story. `metrics`: shared by all replicas of all seeds; they only count.
  Cluster(const Plan& plan, bool tell, metrics::Metrics& metrics);
  ~Cluster() override;

  // All of it.
  Outcome Run();

  // Its parts, for scenarios: everybody starts and connects.
  void Start();
  // What the first client lacks that lacks something: "" if all show the present state.
  std::string Lacks() const;
  World& world() { return world_; }
  Application& application() { return application_; }
  Service& service() { return service_; }
  Replica& replica(size_t index) { return *replicas_[index]; }
  void KillReplica(size_t index);

 private:
  std::shared_ptr<Connection> Connect(Peer& peer, const std::string& name,
                                      session::Handshake handshake) override;
  std::shared_ptr<Replica> Answering() override;

  std::unique_ptr<Client> MakeClient(size_t index);

  // Things that go on, each after the other at random intervals, until the faults stop.
  void KeepChanging();
  void KeepActing();
  void KeepFailing();

  void StartReplica(size_t index);
  void RestartReplica(size_t index, bool kill);
  void BuryTheDead();
  void HealAll();
  void AwaitConvergence(Outcome& outcome);
  void CheckQuiet();
  size_t FetchesStarted() const;

  // Faults, one per kind of the plan.
  void FailSomething();
  void RestartAny(bool kill);
  // Whether a replica runs, and can end without taking to the grave what nobody heard of it.
  bool MayEnd(size_t index) const;
  void BreakLink(bool silent);
  void CutRoute(bool lossy);
  void DropMessages();
  void RefusePublishing();
  void SlowBus();
  void FreezeReplica();
  void FailApplication(Service::Mood mood);
  // One that runs; null if none does.
  Replica* AnyReplica();
  base::Duration RestOfFaults() const;
  // Runs `heal` after up to `most`, but not after the faults stop.
  void HealAfter(base::Duration most, base::Task heal);

  World world_;
  metrics::Metrics& metrics_;
  Application application_;
  Service service_;
  Bus bus_;
  Producer producer_;
  std::vector<std::shared_ptr<Replica>> replicas_;  // By index: the present run.
  std::vector<std::shared_ptr<Replica>> dying_;
  std::vector<std::unique_ptr<Client>> clients_;
  uint64_t last_epoch_ = 0;
  base::TimePoint last_cut_end_{};
  bool faults_stopped_ = false;
};

}  // namespace entitysync::simulation
