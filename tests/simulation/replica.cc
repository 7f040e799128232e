#include "tests/simulation/replica.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

namespace entitysync::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The longest that anything of a replica which is over is still under way: a freeze, a hanging
// fetch, a close.
constexpr base::Duration kRest = seconds(12);

fetch::EntityCatalog MakeCatalog(const Plan& plan, fetch::EntitySource& source) {
  const fetch::EntityType items{.classic_snapshot = true, .keep_state = plan.keep_state};
  const fetch::EntityType plain{
      .classic_snapshot = false, .batch = !plan.types_alone, .keep_state = plan.keep_state};
  return fetch::EntityCatalog(
      {{"items", items}, {"plain", plain}}, std::nullopt,
      {{.source = &source, .max_in_flight = plan.max_in_flight, .max_queued = plan.max_queued}});
}

session::SessionOptions MakeSessionOptions(const Plan& plan) {
  session::SessionOptions options;
  options.max_messages_per_second = 0;
  options.heartbeat_interval = seconds(5);
  options.write_stall_timeout = seconds(4);
  options.flush_bytes = plan.flush_bytes;
  options.worker_subscribes_per_second = plan.subscribes_per_second;
  options.worker_subscribe_burst = 5;
  options.max_state_rate = plan.max_state_rate;
  if (plan.compression) options.compression = {.level = 3, .min_bytes = 1};
  return options;
}

}  // namespace

Replica::Replica(World& world, Bus& bus, Application& application, const Service& service,
                 metrics::Metrics& metrics, size_t index, uint64_t epoch)
    : world_(world),
      application_(application),
      index_(index),
      epoch_(epoch),
      name_(absl::StrCat("replica ", index, ".", epoch)),
      // Each shard may ask at least one thing.
      source_(world, application, service, name_,
              std::max(world.plan.max_in_flight, world.plan.workers)),
      catalog_(MakeCatalog(world.plan, source_)),
      session_options_(MakeSessionOptions(world.plan)),
      changelog_loop_(world.loops.Add()),
      link_loop_(world.loops.Add()),
      link_(std::make_unique<Link>(world, bus, link_loop_, index)),
      started_(world.Now()) {
  for (size_t i = 0; i < world.plan.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(world.loops.Add()));
  }
  MakeHub(metrics);
  MakeSessions(metrics);
  changelog_ = std::make_unique<changelog::ChangeLog>(
      changelog::ChangeLogOptions{.origin = {absl::StrCat("r", index), epoch}}, changelog_loop_,
      *link_, static_cast<changelog::ChangeSink&>(*this), metrics.bus, base::NullLogger());
  world_.Tell(name_, " starts");
  changelog_->Start().IgnoreError();  // Fake links take any settings.
}

void Replica::MakeHub(metrics::Metrics& metrics) {
  const Plan& plan = world_.plan;
  hub::HubOptions options;
  options.mailbox_changes = plan.mailbox_changes;
  options.revalidations_in_flight = plan.revalidations_in_flight;
  options.urgent = {.max_items = plan.batch, .window = plan.batch_window};
  options.revalidations = {.max_items = plan.revalidate_batch};
  options.audit_period = plan.audit_period;
  options.seed = plan.seed ^ epoch_;
  std::vector<base::Executor*> loops;
  std::vector<hub::WorkerPort> ports;
  for (const auto& worker : workers_) {
    loops.push_back(&worker->loop);
    ports.push_back({&worker->loop, worker.get()});
  }
  hub_ = std::make_unique<hub::Hub>(options, loops, ports, catalog_, metrics, base::NullLogger());
}

void Replica::MakeSessions(metrics::Metrics& metrics) {
  for (size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->sessions = std::make_unique<session::SessionTable>(
        session::SessionTableOptions{.executor = workers_[i]->loop,
                                     .hub = *hub_,
                                     .catalog = catalog_,
                                     .sessions = session_options_,
                                     .metrics = metrics.session,
                                     .logger = base::NullLogger(),
                                     .worker = static_cast<subs::WorkerIndex>(i),
                                     .connection_prefix = absl::StrCat("r", index_, "-", epoch_),
                                     .seed = world_.plan.seed + epoch_ + i});
  }
}

Replica::~Replica() {
  changelog_.reset();
  link_.reset();
  hub_.reset();
  for (const auto& worker : workers_) {
    worker->sessions.reset();
    world_.loops.Remove(worker->loop);
  }
  world_.loops.Remove(changelog_loop_);
  world_.loops.Remove(link_loop_);
}

std::shared_ptr<Connection> Replica::Accept(Peer& peer, const std::string& name,
                                            session::Handshake handshake) {
  Worker& worker = *workers_[world_.random.Below(workers_.size())];
  auto connection = std::make_shared<Connection>(
      world_, worker.loop, peer.MakeWitness(source_, absl::StrCat(name, " at ", name_)), peer);
  std::erase_if(connections_, [](const auto& each) { return each->IsOver(); });
  connections_.push_back(connection);
  connection->Open(*worker.sessions, std::move(handshake));
  return connection;
}

void Replica::Kill() {
  if (std::exchange(is_over_, true)) return;
  world_.Tell(name_, " is killed");
  over_since_ = world_.Now();
  source_.Abandon();
  link_->Abandon();
  for (const auto& connection : connections_) connection->Cut();
  hub_->Stop();
}

void Replica::Drain() {
  if (is_over_ || std::exchange(is_draining_, true)) return;
  world_.Tell(name_, " drains");
  for (const auto& worker : workers_) {
    worker->loop.Post([&sessions = *worker->sessions] { sessions.Drain(kDrainWindow); });
  }
  AwaitDrained(world_.Now() + kDrainWindow + Connection::kCloseTimeout + seconds(1));
}

void Replica::AwaitDrained(base::TimePoint deadline) {
  world_.loop.After(milliseconds(50), [this, deadline] {
    if (is_over_) return;
    if (!HasSessions()) return StopCore();
    if (world_.Now() < deadline) return AwaitDrained(deadline);
    if (!WasFrozenSince(world_.Now() - seconds(10))) {
      world_.Broken(Promise::kZeroLossDeploy, name_ + " has clients left when its drain is over");
    }
    Kill();
  });
}

void Replica::StopCore() {
  world_.Tell(name_, " stops");
  changelog_loop_.Post([this] { changelog_->Stop(); });
  world_.loop.After(seconds(1), [this] {
    if (is_over_) return;
    is_over_ = true;
    over_since_ = world_.Now();
    link_->Stop();
    source_.Abandon();
    for (const auto& connection : connections_) connection->Cut();
    hub_->Stop();
  });
}

void Replica::Freeze(bool all, base::Duration span) {
  frozen_until_ = std::max(frozen_until_, world_.Now() + span);
  source_.NoteFrozen(frozen_until_);
  world_.Tell(name_, all ? " freezes" : " freezes in part");
  std::vector<base::Executor*> loops = {&changelog_loop_, &link_loop_};
  for (const auto& worker : workers_) loops.push_back(&worker->loop);
  if (!all) loops = {loops[world_.random.Below(loops.size())]};
  for (base::Executor* loop : loops) world_.loops.Freeze(*loop, span);
}

bool Replica::IsAtRest() const {
  return is_over_ && !HasSessions() && world_.Now() - over_since_ >= kRest;
}

bool Replica::HasSessions() const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->sessions->size() > 0; });
}

void Replica::OnGap() {
  world_.Tell(name_, ": a gap");
  hub_->OnGap();
}

void Replica::OnBusLive(bool live) {
  world_.Tell(name_, live ? " hears the bus" : " lost the bus");
  hub_->OnBusLive(live);
}

}  // namespace entitysync::simulation
