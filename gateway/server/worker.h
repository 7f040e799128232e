#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/asio_loop.h"
#include "gateway/session/session_table.h"

namespace entitysync::server {

// One worker: its loop, its sessions, and the door for their deliveries. The hub and the sessions
// need each other; this is where they meet: the hub knows the worker before it has sessions.
class Worker final : public hub::DeliveryReceiver {
 public:
  explicit Worker(const std::string& name) : loop_(name) {}

  base::AsioLoop& loop() { return loop_; }
  hub::WorkerPort port() { return {.executor = &loop_, .receiver = this}; }

  void MakeSessions(session::SessionTableOptions options) {
    sessions_ = std::make_unique<session::SessionTable>(std::move(options));
  }
  session::SessionTable& sessions() { return *sessions_; }

  void OnDeliveries(const hub::Deliveries& deliveries) override {
    sessions_->OnDeliveries(deliveries);
  }

 private:
  base::AsioLoop loop_;
  std::unique_ptr<session::SessionTable> sessions_;
};

}  // namespace entitysync::server
