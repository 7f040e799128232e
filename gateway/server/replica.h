#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "entitysync/gateway/gateway.h"
#include "gateway/admin/admin_server.h"
#include "gateway/base/asio_loop.h"
#include "gateway/base/gate.h"
#include "gateway/bus/in_process_bus.h"
#include "gateway/changelog/change_log.h"
#include "gateway/front/front_server.h"
#include "gateway/hub/hub.h"
#include "gateway/metrics/metrics.h"
#include "gateway/server/targets.h"
#include "gateway/server/worker.h"
#include "gateway/ws/server.h"

namespace entitysync::server {

// The composition root: makes every part of a replica, starts them in order, ends them in order.
//
// Owner, threading, limits and errors: as Gateway.
// Order of the end: clients, applications, bus, hub, targets, loops; then the members below from
// the last to the first.
class Replica final : public Gateway, private changelog::ChangeSink {
 public:
  Replica(config::Settings settings, base::Logger logger);
  ~Replica() override;

  absl::Status Build(Parts parts);

  void Drain() override;
  void HurryDrain() override;
  void Stop() override;
  std::vector<std::string> NotReadyReasons() const override;
  uint16_t websocket_port() const override { return websockets_->port(); }
  uint16_t front_port() const override { return static_cast<uint16_t>(front_->port()); }
  uint16_t admin_port() const override { return admin_->port(); }

 private:
  // What the changelog hears goes to the hub; whether it hears goes to the front's health as well.
  void OnChanges(std::vector<changelog::Change> changes) override;
  void OnGap() override;
  void OnBusLive(bool live) override;

  void MakeBus(Parts parts);
  void MakeHub();
  absl::Status OpenWebsockets();
  void StartAll();
  void StopLoops();
  // Runs `task` on the loop and waits for it.
  static void RunOn(base::Executor& loop, base::Task task);

  const config::Settings settings_;
  const base::Logger logger_;
  const std::shared_ptr<prometheus::Registry> registry_;
  metrics::Metrics metrics_;
  const changelog::Origin origin_;
  const session::SessionOptions session_options_;

  std::unique_ptr<Targets> targets_;
  bus::InProcessBus in_process_bus_;
  std::unique_ptr<bus::BusLink> bus_;
  base::AsioLoop changelog_loop_{"es-changelog"};
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<hub::Hub> hub_;
  std::unique_ptr<changelog::ChangeLog> changelog_;
  std::unique_ptr<front::FrontServer> front_;
  std::unique_ptr<ws::Server> websockets_;
  std::unique_ptr<admin::AdminServer> admin_;

  bool is_running_ = false;
  std::atomic<bool> is_draining_{false};
  base::Gate hurry_;
};

}  // namespace entitysync::server
