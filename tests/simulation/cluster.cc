#include "tests/simulation/cluster.h"

#include <algorithm>
#include <utility>

#include "tests/simulation/classic_client.h"
#include "tests/simulation/v1_client.h"

namespace entitysync::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// How long a cluster takes to converge at most when all faults are over, at default settings.
constexpr base::Duration kBound = seconds(5);
// How much longer where the application's numbers start again (reset_after, and a few answers), or
// where a key waits for itself, up to backoff_max: it failed while others did not, or a replica
// that lags said that it does not exist; or where a slow key was removed, which is asked about
// several times while others wait for its place.
constexpr base::Duration kResetBound = seconds(15);
constexpr base::Duration kBackoffBound = seconds(10);
// After this much more nothing goes on but heartbeats and audits: removals have been asked about
// until they were believed.
constexpr base::Duration kToQuiet = seconds(60);
constexpr base::Duration kQuiet = seconds(20);

base::Duration BoundOf(const Plan& plan) {
  base::Duration bound = kBound;
  if (plan.restarts_numbers) bound += kResetBound;
  const bool asks_often = plan.removes && (plan.lag || plan.slow_key);
  if (plan.misconfigures || plan.flakes || asks_often) bound += kBackoffBound;
  if (plan.needs_audit) bound += plan.audit_period;
  return bound;
}

}  // namespace

Cluster::Cluster(const Plan& plan, bool tell, metrics::Metrics& metrics)
    : world_(plan, tell),
      metrics_(metrics),
      application_(world_),
      bus_(world_),
      producer_(world_, application_, static_cast<Directory&>(*this), bus_) {
  replicas_.resize(world_.plan.replicas);
  for (size_t i = 0; i < world_.plan.clients; ++i) {
    clients_.push_back(MakeClient(i));
  }
}

Cluster::~Cluster() {
  // Sessions end before their tables.
  for (const auto& replica : replicas_) {
    if (replica != nullptr) dying_.push_back(replica);
  }
  for (const auto& replica : dying_) replica->Kill();
  world_.loops.Advance(seconds(5));
}

std::unique_ptr<Client> Cluster::MakeClient(size_t index) {
  auto& directory = static_cast<Directory&>(*this);
  const uint32_t percent = world_.plan.v1_percent;
  if (percent > 0 && world_.Chance(percent)) {
    return std::make_unique<V1Client>(world_, application_, directory, index);
  }
  return std::make_unique<ClassicClient>(world_, application_, directory, index);
}

void Cluster::Start() {
  for (size_t i = 0; i < replicas_.size(); ++i) StartReplica(i);
  for (const auto& client : clients_) client->Connect();
  world_.loops.Advance(seconds(1));
}

Outcome Cluster::Run() {
  Start();
  KeepChanging();
  KeepActing();
  KeepFailing();
  // In steps, so that a promise broken early ends it early.
  for (int step = 0; step < 20 && !world_.judge.verdict().has_value(); ++step) {
    world_.loops.Advance(world_.plan.fault_span / 20);
  }
  HealAll();
  Outcome outcome;
  AwaitConvergence(outcome);
  if (!world_.judge.verdict().has_value()) CheckQuiet();
  outcome.verdict = world_.judge.verdict();
  outcome.changes = producer_.changes();
  outcome.story = world_.story.text();
  return outcome;
}

void Cluster::AwaitConvergence(Outcome& outcome) {
  const base::TimePoint began = world_.Now();
  const base::Duration bound = BoundOf(world_.plan);
  while (!world_.judge.verdict().has_value() && !(producer_.AllTaken() && Lacks().empty())) {
    if (world_.Now() - began >= bound) {
      const std::string lacks = producer_.AllTaken() ? Lacks() : "a notify is not taken";
      return world_.Broken(Promise::kConvergence, "after the bound: " + lacks);
    }
    world_.loops.Advance(milliseconds(50));
  }
  outcome.convergence = world_.Now() - began;
}

void Cluster::CheckQuiet() {
  world_.loops.Advance(kToQuiet);
  const size_t started = FetchesStarted();
  world_.loops.Advance(kQuiet);
  const bool has_audit = world_.plan.audit_period > base::Duration(0);
  if (!has_audit && FetchesStarted() != started) {
    world_.Broken(Promise::kFewFetches, "fetches go on although nothing changes");
  }
  // And what was reached stays.
  if (const std::string lacks = Lacks(); !lacks.empty()) {
    world_.Broken(Promise::kConvergence, "lost again: " + lacks);
  }
}

size_t Cluster::FetchesStarted() const {
  size_t started = 0;
  for (const auto& replica : replicas_) started += replica->source().started();
  return started;
}

std::string Cluster::Lacks() const {
  for (const auto& client : clients_) {
    if (std::string lacks = client->Lacks(producer_); !lacks.empty()) return lacks;
  }
  return "";
}

void Cluster::KeepChanging() {
  if (faults_stopped_) return;
  size_t count = world_.plan.bursts && world_.Chance(20) ? 2 + world_.random.Below(12) : 1;
  for (; count > 0; --count) producer_.Change();
  world_.loop.After(world_.UpTo(world_.plan.change_interval * 2), [this] { KeepChanging(); });
}

void Cluster::KeepActing() {
  if (faults_stopped_) return;
  clients_[world_.random.Below(clients_.size())]->Act();
  world_.loop.After(world_.UpTo(world_.plan.client_interval * 2), [this] { KeepActing(); });
}

void Cluster::KeepFailing() {
  if (faults_stopped_) return;
  BuryTheDead();
  FailSomething();
  world_.loop.After(world_.UpTo(world_.plan.fault_interval * 2), [this] { KeepFailing(); });
}

void Cluster::HealAll() {
  faults_stopped_ = true;
  world_.Tell("all faults are over");
  service_.mood = Service::Mood::kWell;
  bus_.Heal();
  for (size_t i = 0; i < replicas_.size(); ++i) {
    if (replicas_[i] == nullptr) StartReplica(i);
    replicas_[i]->link().Heal();
    replicas_[i]->source().BreakCalls();
  }
  for (const auto& replica : dying_) replica->link().Heal();
  for (const auto& client : clients_) client->Heal();
}

void Cluster::StartReplica(size_t index) {
  last_epoch_ = std::max<uint64_t>(last_epoch_ + 1, world_.Elapsed() / milliseconds(1));
  replicas_[index] =
      std::make_shared<Replica>(world_, bus_, application_, service_, metrics_, index, last_epoch_);
}

void Cluster::RestartReplica(size_t index, bool kill) {
  if (kill) {
    KillReplica(index);
  } else {
    dying_.push_back(std::exchange(replicas_[index], nullptr));
    dying_.back()->Drain();
  }
  HealAfter(seconds(3), [this, index] {
    if (replicas_[index] == nullptr) StartReplica(index);
  });
}

void Cluster::KillReplica(size_t index) {
  dying_.push_back(std::exchange(replicas_[index], nullptr));
  dying_.back()->Kill();
  producer_.OnGone(*dying_.back());
}

void Cluster::BuryTheDead() {
  std::erase_if(dying_, [](const auto& replica) { return replica->IsAtRest(); });
}

std::shared_ptr<Connection> Cluster::Connect(Peer& peer, const std::string& name,
                                             session::Handshake handshake) {
  const size_t first = world_.random.Below(replicas_.size());
  for (size_t i = 0; i < replicas_.size(); ++i) {
    const auto& replica = replicas_[(first + i) % replicas_.size()];
    if (replica != nullptr && replica->is_accepting())
      return replica->Accept(peer, name, std::move(handshake));
  }
  return nullptr;
}

std::shared_ptr<Replica> Cluster::Answering() {
  std::vector<std::shared_ptr<Replica>> answering;
  for (const auto& replica : replicas_) {
    if (replica != nullptr && replica->is_answering()) answering.push_back(replica);
  }
  for (const auto& replica : dying_) {
    if (replica->is_answering()) answering.push_back(replica);
  }
  if (answering.empty()) return nullptr;
  return answering[world_.random.Below(answering.size())];
}

}  // namespace entitysync::simulation
