#include "entitysync/service.h"

#include <absl/strings/str_cat.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <mutex>
#include <utility>

#include "service/entity_service.h"
#include "service/tls.h"
#include "service/worker_pool.h"

namespace entitysync {
namespace {

absl::Status Validate(const ServiceOptions& options) {
  if (options.listen.empty()) {
    return absl::InvalidArgumentError("listen is empty: give \"host:port\"; port 0 takes any");
  }
  if (options.threads == 0 || options.queue == 0) {
    return absl::InvalidArgumentError("threads and queue must be above 0");
  }
  for (const std::string& key : options.accepted_keys) {
    if (key.empty()) return absl::InvalidArgumentError("an accepted key is empty");
  }
  return absl::OkStatus();
}

void SetArguments(grpc::ServerBuilder& builder) {
  // Two servers on one port would share its calls unnoticed.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // A pass-through message, or a secret, may have up to 16 MiB where gateways are set so.
  builder.SetMaxReceiveMessageSize(32 * 1024 * 1024);
  // Gateways may look after their connections with pings, idle or not.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // Connections are renewed now and then, so that servers added later get their share.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 10 * 60 * 1'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 60 * 1'000);
}

}  // namespace

class Service::Impl {
 public:
  explicit Impl(const ServiceOptions& options)
      : stop_timeout_(options.stop_timeout),
        pool_(options.threads, options.queue),
        entity_service_(options, pool_) {}

  absl::Status Start(ServiceOptions options) {
    auto credentials = service::MakeServerCredentials(options.tls);
    if (!credentials.ok()) return credentials.status();
    if (!options.notifier.gateways.empty()) {
      auto notifier = Notifier::Create(std::move(options.notifier));
      if (!notifier.ok()) return notifier.status();
      notifier_ = *std::move(notifier);
    }
    // gRPC keeps both switches per process; they are harmless to the application's other servers.
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    SetArguments(builder);
    builder.AddListeningPort(options.listen, *credentials, &port_);
    builder.RegisterService(&entity_service_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port_ == 0) {
      return absl::UnavailableError(absl::StrCat("cannot listen on ", options.listen,
                                                 ": check that the address is this machine's and "
                                                 "that no other process has the port"));
    }
    SetHealth(true);
    return absl::OkStatus();
  }

  int port() const { return port_; }
  Notifier* notifier() const { return notifier_.get(); }

  ServiceStats Stats() const {
    ServiceStats stats;
    entity_service_.AddTo(stats);
    stats.waiting = pool_.Waiting();
    if (notifier_ != nullptr) stats.notifier = notifier_->Stats();
    return stats;
  }

  void Stop() {
    std::lock_guard lock(stop_mutex_);
    if (std::exchange(stopped_, true)) return;
    if (server_ != nullptr) {
      SetHealth(false);
      server_->Shutdown(std::chrono::system_clock::now() + stop_timeout_);
    }
    pool_.Stop();
    // After the functions: the changes that they notified are sent too.
    if (notifier_ != nullptr) notifier_->Stop();
  }

 private:
  void SetHealth(bool serving) {
    auto* health = server_->GetHealthCheckService();
    if (health == nullptr) return;
    health->SetServingStatus(serving);
    health->SetServingStatus(v1::EntityService::service_full_name(), serving);
  }

  const std::chrono::milliseconds stop_timeout_;
  std::unique_ptr<Notifier> notifier_;
  service::WorkerPool pool_;
  service::EntityServiceImpl entity_service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::mutex stop_mutex_;
  bool stopped_ = false;
};

absl::StatusOr<std::unique_ptr<Service>> Service::Start(ServiceOptions options) {
  absl::Status status = Validate(options);
  if (!status.ok()) return status;
  auto impl = std::make_unique<Impl>(options);
  status = impl->Start(std::move(options));
  if (!status.ok()) return status;
  return std::unique_ptr<Service>(new Service(std::move(impl)));
}

Service::Service(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Service::~Service() { Stop(); }

int Service::port() const { return impl_->port(); }

absl::Status Service::Notify(const std::vector<Change>& changes) {
  if (impl_->notifier() == nullptr) {
    return absl::FailedPreconditionError("no gateways: set ServiceOptions::notifier.gateways");
  }
  return impl_->notifier()->Notify(changes);
}
absl::Status Service::Notify(const EntityKey& key) { return Notify(Change{key, {}}); }
absl::Status Service::Notify(const Change& change) { return Notify(std::vector<Change>{change}); }

bool Service::NotifyLater(Change change) {
  return impl_->notifier() != nullptr && impl_->notifier()->NotifyLater(std::move(change));
}
bool Service::NotifyLater(EntityKey key) { return NotifyLater(Change{std::move(key), {}}); }

ServiceStats Service::Stats() const { return impl_->Stats(); }
void Service::Stop() { impl_->Stop(); }

}  // namespace entitysync
