#include "gateway/server/replica.h"

#include <absl/strings/str_cat.h>
#include <sys/resource.h>

#include <algorithm>
#include <random>
#include <thread>
#include <utility>

#include "gateway/bus_nats/nats_link.h"
#include "gateway/server/logging.h"
#include "gateway/server/options.h"

namespace entitysync::server {
namespace {

// How long calls in flight get when a replica stops, and how long its targets.
constexpr base::Duration kStopGrace = std::chrono::seconds(2);
// How long clients get to answer the last close.
constexpr base::Duration kCloseGrace = std::chrono::milliseconds(500);
constexpr base::Duration kPollInterval = std::chrono::milliseconds(20);

uint64_t RandomBits() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

changelog::Origin MakeOrigin(const config::Settings& settings) {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
  std::string replica = settings.replica_id;
  if (replica.empty()) replica = absl::StrCat(absl::Hex(RandomBits(), absl::kZeroPad16));
  return {.replica = std::move(replica), .epoch = static_cast<uint64_t>(now)};
}

// Raises the soft limit of open descriptors to the hard one and answers it.
size_t DescriptorLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<size_t>(limit.rlim_cur);
}

}  // namespace

Replica::Replica(config::Settings settings, base::Logger logger)
    : settings_(std::move(settings)),
      logger_(std::move(logger)),
      registry_(std::make_shared<prometheus::Registry>()),
      metrics_(*registry_),
      origin_(MakeOrigin(settings_)),
      session_options_(SessionOptionsOf(settings_)) {}

Replica::~Replica() { Stop(); }

absl::Status Replica::Build(Parts parts) {
  auto targets = Targets::Create(settings_, logger_);
  if (!targets.ok()) return targets.status();
  targets_ = *std::move(targets);
  MakeBus(std::move(parts));
  MakeHub();
  changelog_ = std::make_unique<changelog::ChangeLog>(
      ChangeLogOptionsOf(settings_, origin_), changelog_loop_, *bus_,
      static_cast<changelog::ChangeSink&>(*this), metrics_.bus, logger_);
  front_ = std::make_unique<front::FrontServer>(
      FrontOptionsOf(settings_), *changelog_,
      [this](std::string_view entity) { return targets_->catalog().Find(entity) != nullptr; },
      metrics_.front, logger_);
  admin_ = std::make_unique<admin::AdminServer>(
      AdminOptionsOf(settings_), registry_, [this] { return NotReadyReasons(); }, logger_);

  if (absl::Status status = OpenWebsockets(); !status.ok()) return status;
  if (absl::Status status = front_->Start(); !status.ok()) return status;
  if (absl::Status status = admin_->Start(); !status.ok()) {
    front_->Stop(base::Duration(0));
    return status;
  }
  StartAll();
  if (absl::Status status = changelog_->Start(); !status.ok()) {
    Stop();
    return status;
  }
  return absl::OkStatus();
}

void Replica::MakeBus(Parts parts) {
  if (parts.bus != nullptr) {
    bus_ = std::move(parts.bus);
  } else if (settings_.bus.kind == config::BusKind::kNats) {
    bus_ = std::make_unique<bus_nats::NatsLink>(NatsOptionsOf(settings_, origin_.replica), logger_);
  } else {
    bus_ = std::make_unique<bus::InProcessLink>(in_process_bus_);
  }
}

void Replica::MakeHub() {
  const size_t count = WorkerCount(settings_);
  std::vector<base::Executor*> loops;
  std::vector<hub::WorkerPort> ports;
  for (size_t i = 0; i < count; ++i) {
    workers_.push_back(std::make_unique<Worker>(absl::StrCat("es-worker-", i)));
    loops.push_back(&workers_.back()->loop());
    ports.push_back(workers_.back()->port());
  }
  hub_ = std::make_unique<hub::Hub>(HubOptionsOf(settings_, RandomBits()), loops, ports,
                                    targets_->catalog(), metrics_, logger_);
  for (size_t i = 0; i < count; ++i) {
    workers_[i]->MakeSessions(
        {.executor = workers_[i]->loop(),
         .hub = *hub_,
         .catalog = targets_->catalog(),
         .message_handler = targets_->message_handler(),
         .sessions = session_options_,
         .metrics = metrics_.session,
         .logger = logger_,
         .worker = static_cast<subs::WorkerIndex>(i),
         .connection_prefix = absl::StrCat(origin_.replica, "-", origin_.epoch),
         .seed = RandomBits()});
  }
}

absl::Status Replica::OpenWebsockets() {
  std::vector<ws::Server::Seat> seats;
  for (const auto& worker : workers_) {
    seats.push_back({.loop = worker->loop(), .acceptor = worker->sessions()});
  }
  const size_t connections = MaxConnections(settings_, workers_.size(), DescriptorLimit());
  auto opened =
      ws::Server::Open(WebsocketOptions(settings_, connections), seats, metrics_.session, logger_);
  if (!opened.ok()) return opened.status();
  websockets_ = *std::move(opened);
  return absl::OkStatus();
}

void Replica::StartAll() {
  is_running_ = true;
  changelog_loop_.Start();
  for (const auto& worker : workers_) worker->loop().Start();
  websockets_->Start();
  logger_->info("replica {} listens: websockets on {}, applications on {}, admin on port {}",
                origin_.replica, websockets_->address(),
                config::ListenAddress{settings_.front.listen.host, front_port()}.ToString(),
                admin_port());
}

void Replica::OnChanges(std::vector<changelog::Change> changes) {
  hub_->OnChanges(std::move(changes));
}

void Replica::OnGap() { hub_->OnGap(); }

void Replica::OnBusLive(bool live) {
  hub_->OnBusLive(live);
  // A drain has had the last word already, and the front may be about to go.
  if (!is_draining_) front_->SetServing(live);
}

std::vector<std::string> Replica::NotReadyReasons() const {
  std::vector<std::string> reasons;
  if (is_draining_) reasons.push_back("this replica is draining");
  if (!changelog_->is_live()) reasons.push_back("the bus is not connected");
  return reasons;
}

void Replica::Drain() {
  if (!is_running_) return;
  const config::DrainSettings& drain = settings_.drain;
  const base::TimePoint deadline = changelog_loop_.Now() + drain.timeout;
  const auto wait = [&](base::Duration span) {
    return hurry_.WaitFor(std::min(span, deadline - changelog_loop_.Now()));
  };
  logger_->info("draining: not ready from now on, {} connections", websockets_->connections());
  is_draining_ = true;
  front_->SetServing(false);
  wait(drain.unready_delay);
  websockets_->StopAccepting();
  for (const auto& worker : workers_) {
    worker->loop().Post(
        [&sessions = worker->sessions(), window = drain.window] { sessions.Drain(window); });
  }
  while (websockets_->connections() > 0 && changelog_loop_.Now() < deadline &&
         !wait(kPollInterval)) {
  }
  Stop();
}

void Replica::HurryDrain() { hurry_.Open(); }

void Replica::Stop() {
  if (!std::exchange(is_running_, false)) return;
  is_draining_ = true;
  websockets_->StopAccepting();
  websockets_->CloseAll(protocol::CloseCode::kRestart, "this server restarts: reconnect");
  // Time for the close frames to leave; who does not answer is cut.
  const base::TimePoint deadline = changelog_loop_.Now() + kCloseGrace;
  while (websockets_->connections() > 0 && changelog_loop_.Now() < deadline) {
    std::this_thread::sleep_for(kPollInterval);
  }
  base::Gate websockets_gone;
  websockets_->Shutdown([&] { websockets_gone.Open(); });
  websockets_gone.Wait();
  // Calls under way still get their echo; then the goodbye has the last word on the bus.
  RunOn(changelog_loop_, [] {});  // After this no OnBusLive speaks to the front.
  front_->SetServing(false);
  front_->Stop(kStopGrace);
  RunOn(changelog_loop_, [this] { changelog_->Stop(); });
  bus_->Stop();
  hub_->Stop();
  // Posts run in order: when these ran, so did Hub::Stop's, and no fetch begins any more.
  for (const auto& worker : workers_) RunOn(worker->loop(), [] {});
  targets_->Stop(kStopGrace);
  StopLoops();
  admin_->Stop();
  logger_->info("stopped");
}

void Replica::StopLoops() {
  for (const auto& worker : workers_) worker->loop().Stop();
  changelog_loop_.Stop();
}

void Replica::RunOn(base::Executor& loop, base::Task task) {
  base::Gate done;
  loop.Post([&] {
    task();
    done.Open();
  });
  done.Wait();
}

}  // namespace entitysync::server

namespace entitysync {

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Start(config::Settings settings) {
  return Start(std::move(settings), Parts());
}

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Start(config::Settings settings, Parts parts) {
  base::Logger logger = server::MakeLogger(settings.log);
  auto replica = std::make_unique<server::Replica>(std::move(settings), std::move(logger));
  if (absl::Status status = replica->Build(std::move(parts)); !status.ok()) return status;
  return replica;
}

}  // namespace entitysync
